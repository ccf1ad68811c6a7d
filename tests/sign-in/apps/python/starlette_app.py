"""FastAPI with Starlette's SessionMiddleware: the whole session is in a signed cookie."""

import json
import socket
import time
from base64 import b64encode

import itsdangerous
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.middleware.sessions import SessionMiddleware

SECRET = "published on purpose"
USERS = {"ada": ("user_1", "engine"), "bob": ("user_2", "builder")}

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=SECRET, max_age=3600, https_only=True)


class Credentials(BaseModel):
    name: str
    password: str


@app.post("/login")
def login(request: Request, credentials: Credentials):
    user, password = USERS[credentials.name]
    if credentials.password != password:
        raise HTTPException(401)
    request.session["user_id"] = user
    return {"id": user}


@app.post("/logout", status_code=204)
def logout(request: Request):
    request.session.clear()


# #region session
@app.get("/api/session")
def session(request: Request):
    if "user_id" not in request.session:
        raise HTTPException(401)
    return {"user": {"id": request.session["user_id"]}}
# #endregion


class Old(itsdangerous.TimestampSigner):
    def get_timestamp(self):
        return int(time.time()) - 7200


@app.get("/old")
def old():
    """For the test: the cookie of a session two hours ago."""
    data = b64encode(json.dumps({"user_id": "user_1"}).encode())
    return {"cookie": Old(SECRET).sign(data).decode()}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening on {listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
