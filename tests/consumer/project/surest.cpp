// What a host loads or links: the surest class of an image, from one session for all callers.
#include <dyce/dyce.h>

#include <cstdio>

extern "C" double surest(const char* model, const char* image) {
    try {
        static dyce::Session session(dyce::Model::load(model), {.threads = 2});
        return session.classify(dyce::Image::load(image)).prob.at(0);
    } catch (const dyce::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return -1;
    }
}
