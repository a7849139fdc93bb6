// Everything a program needs to classify images with dyce.
#pragma once

#include <dyce/cancel.h>
#include <dyce/configuration.h>
#include <dyce/cut.h>
#include <dyce/engine_options.h>
#include <dyce/error.h>
#include <dyce/gate_count.h>
#include <dyce/image.h>
#include <dyce/memory.h>
#include <dyce/model.h>
#include <dyce/policy.h>
#include <dyce/sample.h>
#include <dyce/scheduler.h>
#include <dyce/session.h>
#include <dyce/tensor.h>
#include <dyce/version.h>
