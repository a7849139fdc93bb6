#include "tools/cli/default_model.h"

#include "loaders/format/model_file.h"

#include <cstddef>

// The build knows where the file lies; its first byte is aligned as a mapped file's would be.
__asm__(
    ".section .rodata\n"
    ".balign 4096\n"
    "dyce_default_model:\n"
    ".incbin \"" DYCE_DEFAULT_MODEL
    "\"\n"
    "dyce_default_model_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const std::byte dyce_default_model[];
extern const std::byte dyce_default_model_end[];
}

namespace dyce {

Model default_model() {
    const std::shared_ptr<const void> program(dyce_default_model, [](const void*) {});
    return Model(load_model(
        Safetensors::parse("the embedded model", {dyce_default_model, dyce_default_model_end}, program)));
}

}  // namespace dyce
