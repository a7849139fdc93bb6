// Whether this process is still the one that started some threads: a child has none of them.
#pragma once

namespace dyce {

/// How often this process's line of ancestors forked since somebody first asked.
unsigned fork_generation();

}  // namespace dyce
