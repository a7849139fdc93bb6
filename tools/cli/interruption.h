// What the program says when it is interrupted (Ctrl-C). State of the process, set by one thread.
#pragma once

namespace dyce {

/// From now on SIGINT ends the program with exit code 130 and a line about how to go on. Outputs appear whole
/// or not at all; what an interrupted write leaves behind is a temporary file beside it.
void end_when_interrupted();

/// How to go on with what the program does now; a text that lives as long as the program. Until then: nothing
/// was written, start again.
void set_way_to_go_on(const char* text);

}  // namespace dyce
