#include "graph/passes/passes.h"
#include "graph/verify.h"

namespace dyce {

void simplify(Graph& graph) { verify(graph); }

void fuse(Graph& graph) { verify(graph); }

}  // namespace dyce
