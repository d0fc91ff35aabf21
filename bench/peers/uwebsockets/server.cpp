// uWebSockets, as its examples EchoServer, EchoServerThreaded and Broadcast have it.
#include "App.h"

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

struct PerSocketData {};

static std::string variable(const char *name, const char *otherwise) {
    const char *value = std::getenv(name);
    return value ? value : otherwise;
}

template <class App> static void serve(App app, int port, bool is_room) {
    app.template ws<PerSocketData>("/*", {
        .compression = uWS::CompressOptions(uWS::DEDICATED_COMPRESSOR_4KB | uWS::DEDICATED_DECOMPRESSOR),
        .maxPayloadLength = 100 * 1024 * 1024,
        .idleTimeout = 0,
        .maxBackpressure = 256 * 1024 * 1024,
        .closeOnBackpressureLimit = false,
        .resetIdleTimeoutOnSend = false,
        .sendPingsAutomatically = false,
        .upgrade = nullptr,
        .open = [is_room](auto *ws) {
            if (is_room) {
                ws->subscribe("room");
            }
        },
        .message = [is_room, &app](auto *ws, std::string_view message, uWS::OpCode opcode) {
            if (is_room) {
                app.publish("room", message, opcode);
            } else {
                ws->send(message, opcode, true);
            }
        }
    }).listen("127.0.0.1", port, [](auto *listening) {
        if (!listening) {
            std::exit(1);
        }
    }).run();
}

static void serve(int port, bool is_room) {
    std::string certificate = variable("CERTIFICATE", ""), key = variable("KEY", "");
    if (certificate.empty()) {
        return serve(uWS::App(), port, is_room);
    }
    uWS::SocketContextOptions options;
    options.key_file_name = key.c_str();
    options.cert_file_name = certificate.c_str();
    serve(uWS::SSLApp(options), port, is_room);
}

int main() {
    int port = std::stoi(variable("PORT", "4000"));
    bool is_room = variable("APP", "echo") == "room";
    std::vector<std::thread> threads;
    for (int other = 1; other < std::stoi(variable("LOOPS", "1")); other++) {
        threads.emplace_back([port, is_room] { serve(port, is_room); });
    }
    serve(port, is_room);
}
