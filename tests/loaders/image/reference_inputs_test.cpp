// The inputs that other people's networks were run on, rebuilt from the images they came from.
#include "loaders/dataset/dataset.h"
#include "loaders/image/presets.h"
#include "loaders/npz/npz.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("CIFAR-10 images become the recorded inputs, bit for bit") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    TempFolder folder;
    const std::string archive = (shared / "assets/cifar10/test.tar.gz").string();
    REQUIRE(std::system(("tar xzf " + archive + " -C " + folder.path().string()).c_str()) == 0);
    const auto dataset = open_dataset(folder / "test", {10, {}});
    const NpzReader reference((shared / "assets/cifar10/cifar10_resnet20_reference.npz").string());
    const Tensor inputs = reference.read("input");
    const Tensor labels = reference.read("label");
    const Tensor places = reference.read("test_index");  // among twice as many images
    REQUIRE(labels.dtype() == DataType::kInt64);
    REQUIRE(places.dtype() == DataType::kInt64);
    constexpr std::size_t kValues = 3 * 32 * 32;
    std::vector<float> values(kValues);
    for (std::int64_t i = 0; i < inputs.shape()[0]; ++i) {
        const std::int64_t place = places.data<std::int64_t>()[i] / 2;
        CHECK(dataset->label(place) == labels.data<std::int64_t>()[i]);
        apply(preset("cifar10"), dataset->image(place), values.data());
        CHECK(std::memcmp(values.data(), inputs.data<float>() + i * std::int64_t{kValues},
                          kValues * sizeof(float)) == 0);
    }
}
