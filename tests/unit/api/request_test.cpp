// Every field of every request, wrong: INVALID_ARGUMENT that names it.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <functional>
#include <map>

#include "daemon/api/request_check.h"
#include "tests/unit/api/api_fixture.h"

namespace commd::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// A request with one wrong field, and that field's path.
using Wrong = std::function<void(const Message&, const std::string& path)>;

struct Breaker {
  Message& root;  // the request
  const Wrong& tell;

  void walk(Message& message, const std::string& prefix) const {
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      const std::string path = prefix + field.name();
      if (field.is_repeated()) too_many(message, field, path);
      switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_STRING:
          texts(message, field, path);
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          values(message, field, path);
          break;
        case FieldDescriptor::CPPTYPE_MESSAGE:
          nested(message, field, path);
          break;
        case FieldDescriptor::CPPTYPE_INT32:
        case FieldDescriptor::CPPTYPE_INT64:
        case FieldDescriptor::CPPTYPE_UINT32:
        case FieldDescriptor::CPPTYPE_UINT64:
        case FieldDescriptor::CPPTYPE_DOUBLE:
        case FieldDescriptor::CPPTYPE_FLOAT:
        case FieldDescriptor::CPPTYPE_BOOL:
          break;
      }
    }
  }

 private:
  void report(Message& message, const FieldDescriptor& field, const std::string& path) const {
    tell(root, path);
    message.GetReflection()->ClearField(&message, &field);
  }
  void texts(Message& message, const FieldDescriptor& field, const std::string& path) const {
    for (const std::string& text : {std::string(max_path_bytes + 1, 'x'), std::string("a\0b", 3)}) {
      if (field.is_repeated())
        message.GetReflection()->AddString(&message, &field, text);
      else
        message.GetReflection()->SetString(&message, &field, text);
      report(message, field, path);
    }
  }
  void values(Message& message, const FieldDescriptor& field, const std::string& path) const {
    for (const int value : {-1, 9999}) {
      message.GetReflection()->SetEnumValue(&message, &field, value);
      report(message, field, path);
    }
  }
  void nested(Message& message, const FieldDescriptor& field, const std::string& path) const {
    const std::string& type = field.message_type()->full_name();
    if (type == "google.protobuf.Timestamp" || field.is_repeated()) return;
    Message* inner = message.GetReflection()->MutableMessage(&message, &field);
    if (auto* duration = dynamic_cast<google::protobuf::Duration*>(inner)) {
      for (const int64_t seconds : {int64_t{-1}, int64_t{1} << 62}) {
        duration->set_seconds(seconds);
        tell(root, path);
      }
      duration->set_seconds(0);
      duration->set_nanos(-5);
    } else {
      return walk(*inner, path + ".");
    }
    report(message, field, path);
  }
  void too_many(Message& message, const FieldDescriptor& field, const std::string& path) const {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
    for (int i = 0; i <= max_elements; ++i)
      message.GetReflection()->AddString(&message, &field, "x");
    report(message, field, path);
  }
};

class RequestTest : public ApiFixture {
 protected:
  void SetUp() override {
    ApiFixture::SetUp();
    client = std::make_unique<Client>(connect());
  }
  void TearDown() override {
    client.reset();
    ApiFixture::TearDown();
  }

  // Any method, whatever it answers; a stream is read to its end.
  grpc::Status call(const MethodDescriptor& method, const Message& request) {
    grpc::GenericStub stub(client->channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    grpc::CompletionQueue queue;
    const std::string name = "/" + method.service()->full_name() + "/" + method.name();
    auto stream = stub.PrepareCall(&context, name, &queue);
    const auto step = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    stream->StartCall(nullptr);
    step();
    const std::string bytes = request.SerializeAsString();
    const grpc::Slice slice(bytes);
    stream->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
    step();
    grpc::ByteBuffer answer;
    do stream->Read(&answer, nullptr);
    while (step());
    grpc::Status status;
    stream->Finish(&status, nullptr);
    step();
    queue.Shutdown();
    while (step()) {
    }
    return status;
  }

  static void expect_names(const grpc::Status& status, const std::string& field) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << field << ": " << status.error_message();
    if (status.error_code() != grpc::StatusCode::INVALID_ARGUMENT) return;
    const google::rpc::ErrorInfo info = info_of(status);
    EXPECT_EQ(info.reason(), "INVALID_ARGUMENT");
    EXPECT_EQ(info.metadata().at("field"), field) << status.error_message();
    EXPECT_LT(status.error_message().size(), 600U);
  }

  std::unique_ptr<Client> client;
};

const char* const all_files[] = {"commd/v1/account.proto", "commd/v1/call.proto",
                                 "commd/v1/device.proto", "commd/v1/event.proto",
                                 "commd/v1/system.proto"};

void for_each_method(const std::function<void(const MethodDescriptor&)>& visit) {
  for (const char* name : all_files) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    ASSERT_NE(file, nullptr) << name;
    for (int s = 0; s < file->service_count(); ++s)
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        visit(*file->service(s)->method(m));
  }
}

TEST_F(RequestTest, EveryFieldIsBounded) {
  int methods = 0;
  int wrongs = 0;
  for_each_method([&](const MethodDescriptor& method) {
    ++methods;
    std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                         ->GetPrototype(method.input_type())
                                         ->New());
    const Wrong tell = [&](const Message& wrong, const std::string& path) {
      SCOPED_TRACE(method.full_name());
      ++wrongs;
      expect_names(call(method, wrong), path);
    };
    Breaker{*request, tell}.walk(*request, {});
  });
  EXPECT_GE(methods, 25);
  EXPECT_GE(wrongs, 250);
  on_core([this] {
    EXPECT_EQ(core->accounts().list().size(), 1U);
    EXPECT_TRUE(core->calls().live().empty());
  });
}

TEST_F(RequestTest, TheBoundItselfIsAllowed) {
  v1::GetCallRequest request;
  request.set_id(std::string(max_text_bytes, 'x'));
  EXPECT_TRUE(check_request(request));
  request.set_id(std::string(max_text_bytes + 1, 'x'));
  EXPECT_FALSE(check_request(request));
  v1::CreateCallRequest create;
  create.set_request_id(std::string(max_request_id_bytes, 'x'));
  create.set_capture("file:/" + std::string(4000, 'x'));
  EXPECT_TRUE(check_request(create));
  create.set_request_id(std::string(max_request_id_bytes + 1, 'x'));
  EXPECT_FALSE(check_request(create));
}

// What is missing, or well formed and yet wrong.
struct Case {
  const char* name;
  const char* field;
  std::function<grpc::Status(Client&, grpc::ClientContext*)> call;
};

template <class Request, class Response, class Stub>
auto with(
    std::unique_ptr<Stub> Client::*stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    std::function<void(Request&)> fill = [](Request&) {}) {
  return [=](Client& client, grpc::ClientContext* context) {
    Request request;
    fill(request);
    Response response;
    return ((*(client.*stub)).*method)(context, request, &response);
  };
}

using Accounts = v1::AccountService::Stub;
using Calls = v1::CallService::Stub;
using Devices = v1::DeviceService::Stub;

std::vector<Case> account_cases() {
  const auto made = [](std::function<void(v1::CreateAccountRequest&)> fill) {
    return with<v1::CreateAccountRequest>(&Client::accounts, &Accounts::CreateAccount,
                                          [fill](v1::CreateAccountRequest& r) {
                                            r.mutable_account()->set_address("sip:a@example.org");
                                            fill(r);
                                          });
  };
  const auto updated = [](std::function<void(v1::UpdateAccountRequest&)> fill) {
    return with<v1::UpdateAccountRequest>(&Client::accounts, &Accounts::UpdateAccount,
                                          [fill](v1::UpdateAccountRequest& r) {
                                            r.mutable_account()->set_id("local");
                                            fill(r);
                                          });
  };
  return {
      {"create, no address", "address",
       with<v1::CreateAccountRequest>(&Client::accounts, &Accounts::CreateAccount)},
      {"create, no user", "address",
       made([](auto& r) { r.mutable_account()->set_address("example.org"); })},
      {"create, scheme", "address",
       made([](auto& r) { r.mutable_account()->set_address("http://a@b"); })},
      {"create, id", "id", made([](auto& r) { r.mutable_account()->set_id("a/b"); })},
      {"create, expiry", "register_expiry_s",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_register_expiry_s(1); })},
      {"create, keepalive", "keepalive_s",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_keepalive_s(1); })},
      {"create, ring", "ring_timeout_s",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_ring_timeout_s(1); })},
      {"create, timer", "session_expires_s",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_session_expires_s(1); })},
      {"create, ca", "tls_ca_file",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_tls_ca_file("relative"); })},
      {"create, codec", "codecs",
       made([](auto& r) { r.mutable_account()->mutable_settings()->add_codecs("a b"); })},
      {"create, name", "display_name",
       made([](auto& r) { r.mutable_account()->mutable_settings()->set_display_name("a\nb"); })},
      {"get, no id", "id", with<v1::GetAccountRequest>(&Client::accounts, &Accounts::GetAccount)},
      {"delete, no id", "id",
       with<v1::DeleteAccountRequest>(&Client::accounts, &Accounts::DeleteAccount)},
      {"enable, no id", "id",
       with<v1::EnableAccountRequest>(&Client::accounts, &Accounts::EnableAccount)},
      {"disable, no id", "id",
       with<v1::DisableAccountRequest>(&Client::accounts, &Accounts::DisableAccount)},
      {"update, no id", "id",
       with<v1::UpdateAccountRequest>(&Client::accounts, &Accounts::UpdateAccount)},
      {"update, no mask", "update_mask", updated([](auto&) {})},
      {"update, output only", "update_mask",
       updated([](auto& r) { r.mutable_update_mask()->add_paths("address"); })},
      {"update, unknown", "update_mask",
       updated([](auto& r) { r.mutable_update_mask()->add_paths("settings.nonsense"); })},
      {"update, value", "ring_timeout_s", updated([](auto& r) {
         r.mutable_update_mask()->add_paths("settings.ring_timeout_s");
         r.mutable_account()->mutable_settings()->set_ring_timeout_s(9999);
       })},
  };
}

std::vector<Case> call_cases() {
  const auto created = [](std::function<void(v1::CreateCallRequest&)> fill) {
    return with<v1::CreateCallRequest>(&Client::calls, &Calls::CreateCall,
                                       [fill](v1::CreateCallRequest& r) {
                                         r.set_address("echo");
                                         fill(r);
                                       });
  };
  return {
      {"create, no address", "address",
       with<v1::CreateCallRequest>(&Client::calls, &Calls::CreateCall)},
      {"create, address", "address", created([](auto& r) { r.set_address("sip:<a>@b"); })},
      {"create, capture", "capture", created([](auto& r) { r.set_capture("nonsense"); })},
      {"create, playback", "playback", created([](auto& r) { r.set_playback("tone:5"); })},
      {"create, setting", "settings.server",
       created([](auto& r) { r.mutable_settings()->set_server("x"); })},
      {"list, page", "page_size",
       with<v1::ListCallsRequest>(&Client::calls, &Calls::ListCalls,
                                  [](auto& r) {
                                    r.set_ended(true);
                                    r.set_page_size(1001);
                                  })},
      {"list, negative", "page_size",
       with<v1::ListCallsRequest>(&Client::calls, &Calls::ListCalls,
                                  [](auto& r) {
                                    r.set_ended(true);
                                    r.set_page_size(-1);
                                  })},
      {"answer, capture", "capture",
       with<v1::AnswerCallRequest>(&Client::calls, &Calls::AnswerCall,
                                   [](auto& r) { r.set_capture("x"); })},
      {"update, no mask", "update_mask",
       with<v1::UpdateCallRequest>(&Client::calls, &Calls::UpdateCall)},
      {"update, state", "update_mask",
       with<v1::UpdateCallRequest>(&Client::calls, &Calls::UpdateCall,
                                   [](auto& r) { r.mutable_update_mask()->add_paths("state"); })},
      {"digits, none", "digits", with<v1::SendDtmfRequest>(&Client::calls, &Calls::SendDtmf)},
      {"digits, letters", "digits",
       with<v1::SendDtmfRequest>(&Client::calls, &Calls::SendDtmf,
                                 [](auto& r) { r.set_digits("12x"); })},
      {"digits, length", "duration",
       with<v1::SendDtmfRequest>(&Client::calls, &Calls::SendDtmf,
                                 [](auto& r) {
                                   r.set_digits("1");
                                   r.mutable_duration()->set_seconds(3);
                                 })},
      {"transfer, to nobody", "to",
       with<v1::TransferCallRequest>(&Client::calls, &Calls::TransferCall)},
      {"record, no path", "path", with<v1::RecordCallRequest>(&Client::calls, &Calls::RecordCall)},
      {"record, relative", "path",
       with<v1::RecordCallRequest>(&Client::calls, &Calls::RecordCall,
                                   [](auto& r) { r.set_path("a.wav"); })},
      {"record, kind", "path",
       with<v1::RecordCallRequest>(&Client::calls, &Calls::RecordCall,
                                   [](auto& r) { r.set_path("/a.mp3"); })},
      {"play, no path", "path",
       with<v1::PlayIntoCallRequest>(&Client::calls, &Calls::PlayIntoCall)},
      {"test, seconds", "seconds",
       with<v1::TestDevicesRequest>(&Client::devices, &Devices::TestDevices,
                                    [](auto& r) { r.set_seconds(31); })},
      {"test, capture", "capture",
       with<v1::TestDevicesRequest>(&Client::devices, &Devices::TestDevices,
                                    [](auto& r) { r.set_capture("x"); })},
      {"attach, interval", "interval",
       [](Client& client, grpc::ClientContext* context) {
         v1::AttachCallRequest request;
         request.mutable_interval()->set_nanos(1000);
         v1::AttachCallResponse response;
         const auto stream = client.calls->AttachCall(context, request);
         while (stream->Read(&response)) {
         }
         return stream->Finish();
       }},
  };
}

TEST_F(RequestTest, WhatIsMissingOrWrongIsNamed) {
  std::vector<Case> cases = account_cases();
  for (Case& one : call_cases()) cases.push_back(std::move(one));
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    grpc::ClientContext context;
    expect_names(one.call(*client, &context), one.field);
  }
}

TEST_F(RequestTest, WhatIsNotThereIsNotFound) {
  grpc::ClientContext context;
  v1::GetAccountRequest request;
  request.set_id("nobody");
  v1::Account account;
  const grpc::Status status = client->accounts->GetAccount(&context, request, &account);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(info_of(status).metadata().at("id"), "nobody");
}

TEST_F(RequestTest, AnAccountIsEnabledUnlessItSaysNot) {
  for (const bool said : {false, true}) {
    grpc::ClientContext context;
    v1::CreateAccountRequest request;
    request.mutable_account()->set_address(said ? "sip:a@example.org" : "sip:b@example.org");
    if (said) request.mutable_account()->set_enabled(false);
    v1::Account account;
    const grpc::Status status = client->accounts->CreateAccount(&context, request, &account);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(account.enabled(), !said);
  }
  on_core([this] { EXPECT_EQ(wire.count("up sip:b@example.org"), 1U); });
  on_core([this] { EXPECT_EQ(wire.count("up sip:a@example.org"), 0U); });
}

TEST_F(RequestTest, OneIdMakesOneCall) {
  std::string first;
  for (int again = 0; again < 3; ++again) {
    client = std::make_unique<Client>(connect());  // also after a reconnect
    grpc::ClientContext context;
    v1::CreateCallRequest request;
    request.set_address("echo");
    request.set_request_id("once");
    v1::Call call;
    const grpc::Status status = client->calls->CreateCall(&context, request, &call);
    ASSERT_TRUE(status.ok()) << status.error_message();
    if (first.empty()) first = call.id();
    EXPECT_EQ(call.id(), first);
  }
  on_core([this] { EXPECT_EQ(core->calls().live().size(), 1U); });
}

}  // namespace
}  // namespace commd::api
