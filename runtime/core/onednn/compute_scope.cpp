#include "runtime/core/onednn/compute_scope.h"

#include "runtime/core/onednn/openmp_slots.h"

namespace dyce {
namespace {

ComputePlace outside_regions(ComputeTeam& team) {
    onednn::take_openmp_slots();
    return {&team};
}

ComputeTeam& started(ComputeTeam& team) {
    team.start();
    return team;
}

}  // namespace

ComputeScope::ComputeScope(ComputeTeam& team) : place_(outside_regions(started(team))) {}

CompileScope::CompileScope(int threads) : team_(threads), place_(outside_regions(team_)) {}

}  // namespace dyce
