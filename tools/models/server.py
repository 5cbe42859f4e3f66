"""POST /v1/audio/transcriptions, as OpenAI has it, by faster-whisper: for tests and for trying captions. Arguments: folder of the model, port.

One thread, one utterance at a time, no second attempts (temperature 0), and no more words than an utterance can have.
"""
import io
import json
import sys
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, HTTPServer

from faster_whisper import WhisperModel

model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=1)


def fields_of(headers, body):
    head = b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n"
    parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    return {part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True) for part in parts}


class Transcriptions(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = fields_of(self.headers, body)
        language = fields.get("language", b"").decode() or None
        segments, _ = model.transcribe(
            io.BytesIO(fields["file"]),
            language=language if model.model.is_multilingual else "en",
            temperature=0,
            beam_size=1,
            condition_on_previous_text=False,
            compression_ratio_threshold=2.4,
            max_new_tokens=100,
            without_timestamps=True,
        )
        answer = json.dumps({"text": " ".join(segment.text.strip() for segment in segments)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(sys.argv[2])), Transcriptions)
print("listening", flush=True)
server.serve_forever()
