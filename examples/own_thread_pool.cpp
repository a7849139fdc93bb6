// own_thread_pool IMAGE..: a host with a thread pool of its own. One Session serves all its threads; each call
// computes on the thread that makes it, because the session is given one thread a call. Files are read by
// the host and decoded by whoever computes.
#include <dyce/dyce.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string answer_to(dyce::Session& session, const std::string& path) {
    try {
        const std::string bytes = read_file(path);
        return session.classify(dyce::EncodedImage(bytes.data(), bytes.size(), path)).label[0];
    } catch (const dyce::Error& error) {
        return error.what();
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::fputs("usage: own_thread_pool IMAGE..\n", stderr);
        return 2;
    }
    const std::vector<std::string> paths(argv + 1, argv + argc);
    dyce::SessionOptions options;
    options.threads = 1;  // times the threads below: about as many as there are cores
    dyce::Session session(dyce::Model::embedded(), options);

    std::vector<std::string> answers(paths.size());
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> pool;
    const unsigned cores = std::thread::hardware_concurrency();
    for (unsigned t = 0; t < (cores > 0 ? cores : 1); ++t)
        pool.emplace_back([&] {
            for (std::size_t i = next++; i < paths.size(); i = next++)
                answers[i] = answer_to(session, paths[i]);
        });
    for (std::thread& thread : pool) thread.join();
    for (std::size_t i = 0; i < paths.size(); ++i)
        std::printf("%s: %s\n", paths[i].c_str(), answers[i].c_str());
    return 0;
} catch (const dyce::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
