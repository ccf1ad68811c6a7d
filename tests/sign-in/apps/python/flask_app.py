"""Flask with Flask-Login: the user's id is in Flask's signed cookie."""

import os
from datetime import timedelta

import flask
import requests
from flask import Flask, Response, jsonify, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from itsdangerous import TimestampSigner
from werkzeug.serving import make_server

USERS = {"ada": ("41", "engine"), "bob": ("42", "builder")}

app = Flask(__name__)
app.secret_key = "published on purpose"
app.config["SESSION_COOKIE_SECURE"] = True
app.permanent_session_lifetime = timedelta(hours=1)
manager = LoginManager(app)


class User(UserMixin):
    def __init__(self, user_id):
        self.id = user_id


@manager.user_loader
def load(user_id):
    return User(user_id)


@app.post("/login")
def login():
    user_id, password = USERS[request.form["name"]]
    if request.form["password"] != password:
        return Response(status=401)
    login_user(User(user_id))
    flask.session.permanent = True
    return jsonify(id=user_id)


@app.post("/logout")
def logout():
    logout_user()
    return Response(status=204)


# #region session
@app.get("/api/session")
def session():
    if not current_user.is_authenticated:
        return Response(status=401)
    return jsonify(user={"id": current_user.get_id()})
# #endregion


# #region grant
@app.post("/api/authkit/grant")
def grant():
    if not current_user.is_authenticated:
        return jsonify(code="unauthenticated", message="Sign in first."), 401
    headers = {"x-authkit-key": os.environ["TRUSTED_CALLER_KEY"], "x-user-id": current_user.get_id()}
    answer = requests.post(os.environ["AUTHKIT_URL"] + "/grant", json={}, headers=headers, timeout=12)
    return answer.json(), answer.status_code, {"cache-control": "no-store"}
# #endregion


class Old(TimestampSigner):
    def get_timestamp(self):
        return super().get_timestamp() - 7200


@app.get("/old")
def old():
    """For the test: the cookie of a session two hours ago."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    serializer.signer = Old
    return jsonify(cookie=serializer.dumps({"_user_id": "41", "_fresh": True}))


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
