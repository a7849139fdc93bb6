// answers [MAX_THREADS]: what a small network computes, one line for each precision, plan, number of threads
// and batch. Its layers are those that oneDNN divides between threads in different ways.
#include "graph/builder.h"
#include "runtime/core/digest.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/executor.h"

#include <dyce/error.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

using namespace dyce;

Tensor random_numbers(const Shape& shape, float scale) {
    std::mt19937 random(5);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = scale * (static_cast<float>(random() >> 8) / 8388608.f - 1);
    return tensor;
}

class Net {
public:
    ValueId conv(ValueId x, std::int64_t channels, std::int64_t kernel, std::int64_t groups = 1) {
        const std::int64_t inputs = builder.type(x).shape[1] / groups, pad = kernel / 2;
        const float scale = 1.7f / std::sqrt(static_cast<float>(inputs * kernel * kernel));
        const ValueId weights = builder.constant("w" + std::to_string(held_.size()),
                                                 random_numbers({channels, inputs, kernel, kernel}, scale));
        const ValueId sum =
            builder.add("Conv", {x, weights},
                        {{"pads", std::vector<std::int64_t>{pad, pad, pad, pad}}, {"group", groups}});
        return hold(builder.add("Relu", {sum}), {0.02f, false});
    }
    ValueId hold(ValueId value, const Quantization& as) {
        held_.emplace_back(value, as);
        return value;
    }
    Graph finish() && {
        Graph graph = std::move(builder).build();
        for (const auto& [value, as] : held_) graph.value(value).quantization = as;
        return graph;
    }

    GraphBuilder builder;

private:
    std::vector<std::pair<ValueId, Quantization>> held_;
};

// 3x3, Winograd's 3x3, 1x1, depthwise, 1x1, a maximum, a mean, a matrix product.
Graph make_network() {
    Net net;
    ValueId x = net.hold(net.builder.input("x", {DataType::kFloat32, {1, 3, 32, 32}}), {0.01f, true});
    x = net.conv(x, 32, 3);
    x = net.conv(x, 32, 3);
    x = net.conv(x, 48, 1);
    x = net.conv(x, 48, 3, 48);
    x = net.conv(x, 40, 1);
    x = net.builder.add(
        "MaxPool", {x},
        {{"kernel_shape", std::vector<std::int64_t>{2, 2}}, {"strides", std::vector<std::int64_t>{2, 2}}});
    x = net.conv(x, 64, 3);
    x = net.builder.add("Flatten", {net.builder.add("GlobalAveragePool", {x})});
    const ValueId weights = net.builder.constant("classes", random_numbers({64, 100}, 0.3f));
    net.builder.output(net.builder.add("MatMul", {x, weights}));
    return std::move(net).finish();
}

void print_answers(const Graph& graph, CompileOptions options) {
    options.max_batch = 16;
    Executor executor(CompiledModel::compile(graph, options));
    for (const int batch : {1, 5, 16}) {
        Digest digest;
        const Tensor answer = executor.run({random_numbers({batch, 3, 32, 32}, 1)})[0];
        digest.add({static_cast<const char*>(answer.bytes()), answer.byte_size()});
        std::printf("%s %s, %d threads, %d images: %s\n", name_of(options.precision),
                    options.goal == TuneGoal::kLatency ? "latency" : "throughput", options.threads, batch,
                    digest.hex().c_str());
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const int most = argc > 1 ? std::atoi(argv[1]) : 4;
    const Graph graph = make_network();
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
        if (precision == Precision::kBfloat16 && !onednn::has_bfloat16()) continue;
        if (precision == Precision::kInt8 && !onednn::has_int8_products()) continue;
        for (const TuneGoal goal : {TuneGoal::kLatency, TuneGoal::kThroughput})
            for (int threads = 1; threads <= most; ++threads)
                print_answers(graph, {.threads = threads, .precision = precision, .goal = goal});
    }
    return 0;
} catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
}
