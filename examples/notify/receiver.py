#!/usr/bin/env python3
"""Takes messages of gatefold's webhook and prints each once: a receiver to start from. Needs Python 3.8 and nothing else.

    GATEFOLD_KEY=$(cat key) python3 receiver.py [PORT]

The key is that of the secret NOTIFY_OPS_KEY. It listens on this machine only; put it behind a web server with TLS to have it elsewhere.
"""
import collections, hashlib, hmac, http.server, json, os, re, sys, time

def genuine(key: bytes, header: str, body: bytes) -> bool:
    m = re.match(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})(,|$)", header)
    if not m or abs(time.time() - int(m[1])) > 300:
        return False
    wanted = hmac.new(key, m[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, m[2])


KEY = os.environ["GATEFOLD_KEY"].strip().encode()
MOST = 1 << 20  # bytes of a message
seen = collections.OrderedDict()  # ids that were taken. A receiver that must not forget them keeps them on disk


class Receiver(http.server.BaseHTTPRequestHandler):
    timeout = 10  # seconds

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not genuine(KEY, self.headers.get("Gatefold-Signature", ""), body):
            return self.answer(401)
        message = json.loads(body)
        if message["id"] not in seen:
            # Names in the text are chosen by strangers: as JSON they cannot move the terminal's cursor.
            print(message["time"], message["account"], json.dumps(message["text"]), flush=True)
            seen[message["id"]] = True
            if len(seen) > 10_000:
                seen.popitem(last=False)
        self.answer(204)  # also for one that was there already, or it would be sent on and on

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8787), Receiver)
    print("listening on port", server.server_address[1], flush=True)
    server.serve_forever()
