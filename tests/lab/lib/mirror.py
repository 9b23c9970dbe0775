"""A mirror on the loopback device: serves the directory `mirror` and writes its address to `mirror.url`.

It sends parts of files (RFC 9110, "Range Requests"), and is as unreliable as a real one where a file asks for it:
`lose` holds the number of bytes after which the next connection with a tarball is lost, `stop` after which every one
is; with `whole` it only sends whole files, `date` replaces the Date header. `mirror.log` has a line per request.
"""

import http.server
import os
import re
import sys


class Mirror(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def date_time_string(self, timestamp=None):
        if timestamp is None and os.path.exists("date"):
            return open("date").read().strip()
        return super().date_time_string(timestamp)

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        asked = self.headers.get("Range", "")
        with open("mirror.log", "a") as log:
            log.write(f"{self.command} {self.path} {asked} {self.headers.get('User-Agent', '')}\n")
        # A proxy gets the whole address.
        path = "mirror/" + re.sub("^http://[^/]*", "", self.path)
        if not os.path.isfile(path):
            self.send_error(404 if with_body or not os.path.isdir(path) else 200)
            return
        content, start = open(path, "rb").read(), 0
        part = re.fullmatch(r"bytes=(\d+)-", asked)
        if part and not os.path.exists("whole"):
            start = int(part[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if not with_body:
            return
        most = len(content)
        asked = next((name for name in ("lose", "stop") if os.path.exists(name)), None)
        if asked and path.endswith(".tar.xz"):
            most = int(open(asked).read())
        if asked == "lose" and path.endswith(".tar.xz"):
            os.remove(asked)
        self.wfile.write(content[start:][:most])


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
with open("mirror.new", "w") as url:
    url.write(f"http://127.0.0.1:{server.server_address[1]}\n")
os.rename("mirror.new", "mirror.url")
sys.stdout.flush()
server.serve_forever()
