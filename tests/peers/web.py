"""A web server of the test's own: each path is a function that says whatever it likes.

    web = Web({"/a": web.file(b"hello")})
    web.url("/a"), web.requests
"""
import http.server
import ssl
import threading


class Web:
    """pages: path -> function(request); request is a BaseHTTPRequestHandler. tls: a certs.Certificate."""

    def __init__(self, pages, *, tls=None):
        self.pages, self.requests = dict(pages), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers)))
                page = outer.pages.get(self.path)
                self.close_connection = True
                try:
                    if page is None:
                        self.send_error(404)
                    else:
                        page(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client has had enough

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.chain, tls.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, path, host="127.0.0.1"):
        return f"{self._scheme}://{host}:{self._server.server_port}{path}"

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def raw(data):
    """These bytes and nothing else."""
    return lambda request: request.wfile.write(data)


def redirect(to):
    def page(request):
        request.wfile.write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
    return page


def ranged(content, *, etag='"one"', gate=None, first=None):
    """A file with ranges. first: of the first answer only so many bytes come before `gate` (an Event) is
    set."""
    state = {"answers": 0}

    def page(request):
        state["answers"] += 1
        begin, status = 0, "200 OK"
        wanted = request.headers.get("Range")
        if wanted and request.headers.get("If-Range") in (None, etag):
            begin, status = int(wanted[6:-1]), "206 Partial Content"
        head = f"HTTP/1.1 {status}\r\nETag: {etag}\r\nContent-Length: {len(content) - begin}\r\n"
        if begin:
            head += f"Content-Range: bytes {begin}-{len(content) - 1}/{len(content)}\r\n"
        request.wfile.write(head.encode() + b"\r\n")
        if state["answers"] == 1 and first is not None:
            request.wfile.write(content[:first])
            request.wfile.flush()
            if gate is None or not gate.wait(60):
                return
            begin = first
        request.wfile.write(content[begin:])
    return page
