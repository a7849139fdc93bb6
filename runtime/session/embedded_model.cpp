#include "loaders/format/model_file.h"
#include "runtime/session/model_access.h"

#include <dyce/error.h>

#include <cstddef>

#ifdef DYCE_EMBEDDED_MODEL
// The build knows where the file lies; its first byte is aligned as a mapped file's would be.
__asm__(
    ".section .rodata\n"
    ".balign 4096\n"
    "dyce_embedded_model:\n"
    ".incbin \"" DYCE_EMBEDDED_MODEL
    "\"\n"
    "dyce_embedded_model_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const std::byte dyce_embedded_model[] __attribute__((visibility("hidden")));
extern const std::byte dyce_embedded_model_end[] __attribute__((visibility("hidden")));
}
#endif

namespace dyce {

Model Model::embedded() {
#ifdef DYCE_EMBEDDED_MODEL
    // The weights stay in the library's own pages, which are there as long as its code is.
    const std::shared_ptr<const void> library(dyce_embedded_model, [](const void*) {});
    return ModelAccess::make(load_model(
        Safetensors::parse("the embedded model", {dyce_embedded_model, dyce_embedded_model_end}, library)));
#else
    throw Error(ErrorCode::kUnavailable, "the embedded model",
                "is not in this library, which was built with -DDYCE_EMBEDDED_MODEL=OFF");
#endif
}

}  // namespace dyce
