use authkit_edge::caller::{Session, SessionFault, SignedOut, Source};
use authkit_edge::config::Config;
use authkit_edge::identity::IdentityType;
use serde_json::Value;

/// A deployment that asks an application, and wants one condition to hold.
fn session() -> Session {
    let config = Config::parse(|name| {
        let value = match name {
            "IDENTITY_SOURCE" => "session",
            "PICA_SECRET_KEY" => "sk_live_1",
            "SESSION_URL" => "https://app.example/api/session",
            "SESSION_COOKIES" => "sid",
            "SESSION_IDENTITY_PATH" => "user.id",
            "SESSION_TEAM_PATH" => "teams",
            "SESSION_REQUIRE" => "active=true",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let mut sources = config.service.unwrap().callers.sources;
    match sources.pop() {
        Some(Source::Session(session)) => session,
        _ => unreachable!("it is the only source"),
    }
}

/// The body of an application's answer.
pub fn session_answer(data: &[u8]) {
    thread_local! {
        static SESSION: Session = session();
    }
    SESSION.with(|session| judge(session, data));
}

fn judge(session: &Session, data: &[u8]) {
    let user = session.identities(data, IdentityType::User);
    let read: Option<Value> = serde_json::from_slice(data).ok();
    match &user {
        Ok(held) => {
            // Another parser reads the same.
            let read = read.expect("it is JSON");
            assert_eq!(*held, [id(named(&read, &["user", "id"]))]);
            assert!(!held[0].is_empty() && !held[0].contains('|'));
            let active = &read["active"];
            assert!(*active == Value::Bool(true) || active == "true");
        }
        Err(SessionFault::SignedOut(SignedOut::NoIdentity)) => {
            // It has nothing there, whatever it is.
            let found = read.as_ref().map(|read| named(read, &["user", "id"]));
            let nobody = [Value::Null, Value::Bool(false), Value::from("")];
            assert!(found.is_none_or(|found| nobody.contains(found)));
        }
        Err(fault) => assert!(matches!(
            fault,
            SessionFault::SignedOut(SignedOut::Condition) | SessionFault::Unreadable(_)
        )),
    }
    // Who is nobody has no teams.
    if let Ok(teams) = session.identities(data, IdentityType::Team) {
        assert!(user.is_ok());
        assert!(teams.iter().all(|team| !team.is_empty()));
    }
}

/// What stands at `user.id`, by the name with the dot first.
fn named<'a>(read: &'a Value, path: &[&str]) -> &'a Value {
    match read.get(path.join(".")) {
        Some(value) => value,
        None => path
            .iter()
            .fold(read, |value, name| value.get(name).unwrap_or(&Value::Null)),
    }
}

fn id(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        value => {
            let number = value.as_i64().expect("a whole number");
            assert!(number.abs() < 1 << 53);
            number.to_string()
        }
    };
    text.replace('~', "~7E").replace('|', "~7C")
}
