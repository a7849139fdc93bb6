// Marks what the shared library shows to the outside; everything else stays hidden.
#pragma once

#if defined(_WIN32)
#define DYCE_API
#else
#define DYCE_API __attribute__((visibility("default")))
#endif
