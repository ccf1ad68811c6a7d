"""The Flask sample: identity from the body, whatever is in it, no CORS."""

import os

from authkit_token import AuthKitToken
from flask import Flask, jsonify, request

app = Flask(__name__)
authkit = AuthKitToken(
    os.environ.get("PICA_SECRET_KEY", ""), {"base_url": os.environ["PICA_BASE_URL"]}
)


@app.route("/authkit-token", methods=["POST"])
def create_authkit_token():
    data = request.get_json() or {}
    token = authkit.create(
        identity=data.get("identity"), identity_type=data.get("identity_type")
    )
    if token is None:
        return jsonify({"error": "Failed to create token"}), 500
    return jsonify(token)
