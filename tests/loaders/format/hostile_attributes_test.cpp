// Covers ops/spec/{attributes, broadcast, checks, element_type}.
// Every operator against attributes and shapes that only a hostile file would hold: its inference must answer
// or throw, and whatever it answers must be usable. Undefined arithmetic shows under the sanitizers.
#include "ops/spec/op.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace dyce;

namespace {

// Draws values that are wild in some trials and mostly reasonable in others, so that a single wild one meets
// code that reasonable ones let it reach.
class Hostile {
public:
    explicit Hostile(unsigned seed) : random_(seed), calm_(seed % 5) {}

    std::size_t below(std::size_t count) { return random_() % count; }

    template <class T>
    T one_of(std::initializer_list<T> values) {
        return values.begin()[below(values.size())];
    }

    bool is_calm() { return below(5) < calm_; }

    std::int64_t integer() {
        if (is_calm()) return one_of<std::int64_t>({0, 1, 1, 1, 2, 3});
        const std::int64_t bit = std::int64_t{1} << below(63);
        return one_of<std::int64_t>({0, 1, 1, 2, 2, 3, -1, -2, 8, bit, -bit, bit - 1, INT64_MIN, INT64_MAX});
    }

    float real() {
        if (is_calm()) return one_of<float>({0.5f, 1, 2});
        return one_of<float>({0, -0.f, 1, 0.5f, 2, -1, 1e-30f, FLT_MIN, FLT_TRUE_MIN, FLT_MAX, -FLT_MAX,
                              1e18f, INFINITY, -INFINITY});
    }

    template <class T, class Make>
    std::vector<T> list(Make make) {
        std::vector<T> values(is_calm() ? one_of<std::size_t>({2, 2, 4})
                                        : one_of<std::size_t>({0, 1, 3, 4, 8, 9}));
        for (T& value : values) value = make();
        return values;
    }

    AttributeValue attribute(AttributeKind kind) {
        switch (kind) {
            case AttributeKind::kInt: return integer();
            case AttributeKind::kFloat: return real();
            case AttributeKind::kString:
                return one_of<std::string>({"", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", "linear",
                                            "nearest", "constant", "reflect", "edge", "wrap", "tanh",
                                            "asymmetric", "floor", "align_corners", "tf_crop_and_resize",
                                            "\xff"});
            case AttributeKind::kInts: return list<std::int64_t>([&] { return integer(); });
            case AttributeKind::kFloats: break;
        }
        return list<float>([&] { return real(); });
    }

    // Types a file can declare: no negative dimension, and a countable number of elements.
    TensorType type() {
        const auto dtype = is_calm()
                               ? DataType::kFloat32
                               : one_of<DataType>({DataType::kFloat32, DataType::kInt64, DataType::kInt32,
                                                   DataType::kUint8, DataType::kBool});
        Shape shape;
        for (std::size_t rank = is_calm() ? 4 : one_of<std::size_t>({0, 1, 2, 3, 5, 8}); rank > 0; --rank)
            shape.push_back(is_calm() ? one_of<std::int64_t>({1, 2, 2, 4, 6})
                                      : one_of<std::int64_t>({0, 1, 3, 7, 1 << 16, std::int64_t{1} << 31,
                                                              std::int64_t{1} << 40, INT64_MAX}));
        try {
            (void)shape.elements();
        } catch (const Error&) {
            return type();
        }
        return {dtype, shape};
    }

private:
    std::mt19937 random_;
    std::size_t calm_;  // of five draws, how many are reasonable
};

}  // namespace

TEST_CASE("hostile model: no operator is upset by its attributes or shapes") {
    constexpr int kTrials = 4000;
    std::size_t answering = 0;
    for (const OpSpec* spec : all_ops()) {
        CAPTURE(std::string(spec->name));
        bool answered = false;
        for (unsigned trial = 0; trial < kTrials; ++trial) {
            CAPTURE(trial);
            Hostile hostile(trial);
            Attributes attributes;
            for (const AttributeSpec& attribute : spec->attributes)
                if (attribute.required || !hostile.is_calm())
                    attributes.set(attribute.name, hostile.attribute(attribute.kind));
            std::vector<TensorType> inputs(static_cast<std::size_t>(spec->min_inputs) + hostile.below(2),
                                           hostile.type());
            for (TensorType& input : inputs)
                if (hostile.below(3) == 0) input = hostile.type();
            const std::string where = "node";
            const OpCall call{.where = where,
                              .attributes = attributes,
                              .inputs = inputs,
                              .output_count = hostile.one_of<int>({1, 1, 1, 2, 3})};
            try {
                const auto outputs = checked_infer(*spec, call);
                REQUIRE(outputs.size() >= static_cast<std::size_t>(call.output_count));
                for (const TensorType& output : outputs) CHECK(output.shape.elements() >= 0);
                const std::int64_t macs = spec->macs == nullptr ? 0 : spec->macs(call);
                CHECK(macs >= 0);
                answered = true;
            } catch (const Error& error) {
                CHECK(error.code() != ErrorCode::kInternal);
                CHECK(error.where().find("node") == 0);
            }
        }
        answering += answered;
    }
    CHECK(answering * 4 > all_ops().size() * 3);  // the draws reach what lies behind the first checks
}
