#!/usr/bin/python3
"""Keeps the API from changing by accident, and its files to one style.

    api_lock.py [--update] [--protoc PROTOC] [PROTO_FOLDER]

proto/api.lock lists every message, field, enum value, service and method of
commd.v1, one a line, sorted. The check fails when a line of it is gone or
reads differently: clients that are built already would break. A deliberate
change is accepted by `proto/api_lock.py --update`, which writes the file anew;
the diff of api.lock then says in the review what breaks. What is new does not
fail; --update takes it in.

The style: each element has a leading comment; messages and enums CamelCase,
fields lower_snake, enum values UPPER_SNAKE with the enum's name before them
and 0 for UNSPECIFIED; a method takes its own NAMERequest and returns its own
NAMEResponse, a resource or Empty.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

PACKAGE = "commd.v1"
FIELD = descriptor_pb2.FieldDescriptorProto
TYPES = {value: name[len("TYPE_"):].lower() for name, value in FIELD.Type.items()}
CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*$")
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")


def read_descriptors(protoc, folder):
    """The files of our package, with their comments."""
    files = sorted(str(f.relative_to(folder)) for f in (folder / "commd").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "set"
        subprocess.run([protoc, f"-I{folder}", f"--descriptor_set_out={out}", "--include_source_info",
                        *files], check=True)
        read = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    return [f for f in read.file if f.package == PACKAGE]


def type_of(field):
    if field.type_name:
        return field.type_name.lstrip(".")
    return TYPES[field.type]


def field_line(owner, field, message):
    label = "repeated " if field.label == FIELD.LABEL_REPEATED else ""
    if field.proto3_optional:
        label = "optional "
    elif field.HasField("oneof_index"):
        label = f"oneof {message.oneof_decl[field.oneof_index].name} "
    return f"field {owner}.{field.name} = {field.number} {label}{type_of(field)}"


class Walk:
    """Goes through one file: the lock's lines, and what is against the style."""

    def __init__(self, file):
        self.file = file
        self.lines = []
        self.complaints = []
        self.comments = {tuple(place.path): place.leading_comments.strip()
                         for place in file.source_code_info.location}
        for i, message in enumerate(file.message_type):
            self.message(message, PACKAGE, (4, i))
        for i, enum in enumerate(file.enum_type):
            self.enum(enum, PACKAGE, (5, i))
        for i, service in enumerate(file.service):
            self.service(service, (6, i))

    def complain(self, name, what):
        self.complaints.append(f"{self.file.name}: {name}: {what}")

    def check(self, name, short, path, pattern, style):
        if not self.comments.get(path):
            self.complain(name, "has no comment before it")
        if not pattern.match(short):
            self.complain(name, f"is not {style}")

    def message(self, message, scope, path):
        name = f"{scope}.{message.name}"
        self.lines.append(f"message {name}")
        self.check(name, message.name, path, CAMEL, "CamelCase")
        for i, field in enumerate(message.field):
            self.lines.append(field_line(name, field, message))
            self.check(f"{name}.{field.name}", field.name, path + (2, i), SNAKE, "lower_snake")
        for i, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                self.message(nested, name, path + (3, i))
        for i, enum in enumerate(message.enum_type):
            self.enum(enum, name, path + (4, i))

    def enum(self, enum, scope, path):
        name = f"{scope}.{enum.name}"
        self.lines.append(f"enum {name}")
        self.check(name, enum.name, path, CAMEL, "CamelCase")
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
        for i, value in enumerate(enum.value):
            full = f"{name}.{value.name}"
            self.lines.append(f"value {full} = {value.number}")
            self.check(full, value.name, path + (2, i), UPPER, "UPPER_SNAKE")
            if not value.name.startswith(prefix):
                self.complain(full, f"does not begin with {prefix}")
            if (value.number == 0) != (value.name == prefix + "UNSPECIFIED"):
                self.complain(full, f"0 is for {prefix}UNSPECIFIED and for nothing else")

    def service(self, service, path):
        name = f"{PACKAGE}.{service.name}"
        self.lines.append(f"service {name}")
        self.check(name, service.name, path, CAMEL, "CamelCase")
        if not service.name.endswith("Service"):
            self.complain(name, "does not end with Service")
        for i, method in enumerate(service.method):
            full = f"{name}.{method.name}"
            takes, returns = method.input_type.lstrip("."), method.output_type.lstrip(".")
            streams = ("stream " if method.client_streaming else "",
                       "stream " if method.server_streaming else "")
            self.lines.append(f"rpc {full} ({streams[0]}{takes}) returns ({streams[1]}{returns})")
            self.check(full, method.name, path + (2, i), CAMEL, "CamelCase")
            if takes != f"{PACKAGE}.{method.name}Request":
                self.complain(full, f"does not take its own {method.name}Request")
            if returns.endswith("Response") and returns != f"{PACKAGE}.{method.name}Response":
                self.complain(full, "returns another method's response")


def read_api(files):
    """(lines of the lock, complaints about style)"""
    walks = [Walk(file) for file in files]
    return (sorted(line for walk in walks for line in walk.lines),
            [complaint for walk in walks for complaint in walk.complaints])


def compare(locked, now):
    """(what is gone or changed, what is new)"""
    return [line for line in locked if line not in set(now)], \
           [line for line in now if line not in set(locked)]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="accept the API as it is now")
    parser.add_argument("--protoc", default="protoc")
    parser.add_argument("folder", nargs="?", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent)
    options = parser.parse_args(arguments)
    lock = options.folder / "api.lock"
    now, bad = read_api(read_descriptors(options.protoc, options.folder))
    print("\n".join(bad), end="\n" if bad else "")
    if options.update:
        lock.write_text("\n".join(now) + "\n")
        print(f"{lock}: {len(now)} lines")
        return 1 if bad else 0
    gone, new = compare(lock.read_text().splitlines(), now)
    for line in gone:
        print(f"gone or changed: {line}")
    for line in new:
        print(f"new: {line}")
    if gone:
        print("This breaks clients. If it is meant: proto/api_lock.py --update, and say why in the commit.")
    elif new:
        print("proto/api_lock.py --update takes in what is new.")
    return 1 if gone or bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
