// The one door to Boost.Asio. With Boost 1.74 and g++ 12 <utility> must come
// first: awaitable.hpp uses std::exchange without including it.
#pragma once

#include <utility>

// ThreadSanitizer does not know fences; the queue's mutex orders the handlers.
#if defined(__SANITIZE_THREAD__)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK 1
#endif

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
