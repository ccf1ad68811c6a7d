"""Prints fresh tokens by PyJWT as JSON lines: python3 issue.py COUNT

Issuers with one key each, as PyJWT writes it: with key_ops, without kid, alg and use. One RSA key
serves all six algorithms of its kind.
"""

import base64
import json
import secrets
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

COUNT = int(sys.argv[1])
NOW = int(time.time())


def sign(algorithm, key, number):
    claims = {
        "iss": "https://issuer.example",
        "aud": "authkit",
        "sub": f"user_{number}",
        "name": "Zoë",
        "iat": NOW,
        "exp": NOW + 600,
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, key, algorithm=algorithm)


def issue(algorithm, key, **rest):
    for number in range(COUNT):
        token = sign(algorithm, key, number)
        print(json.dumps({"algorithm": algorithm, "token": token, **rest}))


def publish(key, kind):
    return {"keys": [kind.to_jwk(key.public_key(), as_dict=True)]}


private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
    issue(name, private, keys=publish(private, RSAAlgorithm))

for name, curve in (("ES256", ec.SECP256R1), ("ES384", ec.SECP384R1), ("ES512", ec.SECP521R1)):
    private = ec.generate_private_key(curve())
    issue(name, private, keys=publish(private, ECAlgorithm))

private = ed25519.Ed25519PrivateKey.generate()
issue("EdDSA", private, keys=publish(private, OKPAlgorithm))

for name, size in (("HS256", 32), ("HS384", 48), ("HS512", 64)):
    secret = secrets.token_bytes(size)
    text = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    issue(name, secret, secret=text)
