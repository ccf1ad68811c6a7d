"""The FastAPI sample: identity from the body, no CORS."""

import os
from typing import Optional

from authkit_token import AuthKitToken, IdentityType
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
authkit = AuthKitToken(
    os.environ.get("PICA_SECRET_KEY", ""), {"base_url": os.environ["PICA_BASE_URL"]}
)


class TokenRequest(BaseModel):
    identity: Optional[str] = None
    identity_type: Optional[IdentityType] = None


@app.post("/authkit-token")
async def create_authkit_token(request: TokenRequest):
    token = await authkit.create_async(
        identity=request.identity, identity_type=request.identity_type
    )
    if token is None:
        raise HTTPException(status_code=500, detail="Failed to create token")
    return token
