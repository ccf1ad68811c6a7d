"""Django alone: django.contrib.auth and sessions in a database. And with allauth's headless API, if
ALLAUTH says so."""

import os
import sys

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import include, path

ALLAUTH = "ALLAUTH" in os.environ
ACCOUNTS = ["allauth", "allauth.account", "allauth.headless"] if ALLAUTH else []

settings.configure(
    SECRET_KEY="published on purpose, and long enough for Django to believe in it",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:sessions?mode=memory&cache=shared"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", *ACCOUNTS],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        *(["allauth.account.middleware.AccountMiddleware"] if ALLAUTH else []),
    ],
    AUTHENTICATION_BACKENDS=[
        "django.contrib.auth.backends.ModelBackend",
        *(["allauth.account.auth_backends.AuthenticationBackend"] if ALLAUTH else []),
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    ACCOUNT_RATE_LIMITS=False,
    HEADLESS_ONLY=True,
    LOGIN_REDIRECT_URL="/whoami",
    USE_TZ=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_SECURE=True,
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth import views  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


# #region session
def session(request):
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return JsonResponse({"user": {"id": str(request.user.pk)}})
# #endregion


def token(request):
    return JsonResponse({"token": get_token(request)})


@csrf_exempt
def expire(_request):
    """For the test: all sessions are over."""
    Session.objects.update(expire_date=timezone.now() - timezone.timedelta(seconds=1))
    return HttpResponse(status=204)


urlpatterns = [
    path("api/session", session),
    # What `login_required` does is no way to answer the Worker: it redirects.
    path("whoami", login_required(session)),
    path("accounts/login/", views.LoginView.as_view()),
    path("accounts/logout/", views.LogoutView.as_view(next_page="/token")),
    path("token", token),
    path("expire", expire),
    *([path("accounts/", include("allauth.urls")), path("_allauth/", include("allauth.headless.urls"))] if ALLAUTH else []),
]

if __name__ == "__main__":
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    sys.modules["django_app"] = sys.modules["__main__"]
    call_command("migrate", verbosity=0)
    for name, password in (("ada", "engine"), ("bob", "builder")):
        get_user_model().objects.create_user(name, f"{name}@example.com", password)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
