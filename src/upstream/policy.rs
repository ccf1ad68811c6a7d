//! Which integrations a caller is shown: rows are left out by their title or type.
//!
//! The list is what the widget offers, and no more than that: what the account has switched on, the
//! upstream would still connect for whoever asks it with the session of a token. So this is a view
//! and no boundary.

use crate::identity::IdentityType;
use crate::json::{self, Value};

/// `ALLOWED_INTEGRATIONS` and `BLOCKED_INTEGRATIONS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationPolicy {
    /// Only these are shown; `None` is all.
    pub allowed: Option<Vec<Entry>>,
    /// These are not, whatever is allowed.
    pub blocked: Vec<Entry>,
}

/// One entry of a list: `Gmail`, `team:Slack` or `user:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For identities of this type; `None` for all.
    pub identity_type: Option<IdentityType>,
    /// The title or the type of an integration, or [`EVERY`] one.
    pub name: String,
}

/// The name that stands for every integration.
pub const EVERY: &str = "*";

impl IntegrationPolicy {
    /// Whether a row is shown to an identity of that type. One that is no object, or that says two
    /// things of its title or type, could be any integration, so it is not.
    #[must_use]
    pub fn shows(&self, row: &str, identity_type: IdentityType) -> bool {
        let (mut title, mut kind) = (None, None);
        let read = json::members(row.as_bytes(), &mut |name, value| match name.as_str() {
            "title" => title.replace(value).is_some(),
            "type" => kind.replace(value).is_some(),
            _ => false,
        });
        if read.is_none() {
            return false;
        }
        let names = [text(title), text(kind)];
        let listed = |entries: &[Entry]| {
            entries
                .iter()
                .any(|entry| entry.names(&names, identity_type))
        };
        let allowed = self.allowed.as_deref().is_none_or(listed);
        allowed && !listed(&self.blocked)
    }
}

impl Entry {
    fn names(&self, names: &[Option<String>; 2], identity_type: IdentityType) -> bool {
        let meant = self.identity_type.is_none_or(|kind| kind == identity_type);
        let mut names = names.iter().flatten();
        meant
            && (self.name == EVERY
                || names.any(|name| name.trim().eq_ignore_ascii_case(&self.name)))
    }
}

/// A name, if it is a text at all.
fn text(value: Option<&str>) -> Option<String> {
    let value = Value::parse(value?.as_bytes());
    value.ok()?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use serde_json::{Map, Value, json};

    use super::{Entry, IntegrationPolicy};
    use crate::identity::IdentityType;

    fn entry(identity_type: Option<IdentityType>, name: &str) -> Entry {
        Entry {
            identity_type,
            name: name.to_owned(),
        }
    }

    fn policy(allowed: Option<&[Entry]>, blocked: &[Entry]) -> IntegrationPolicy {
        IntegrationPolicy {
            allowed: allowed.map(<[Entry]>::to_vec),
            blocked: blocked.to_vec(),
        }
    }

    fn shows(policy: &IntegrationPolicy, row: &str, identity_type: IdentityType) -> bool {
        policy.shows(row, identity_type)
    }

    #[test]
    fn goes_by_title_or_type_and_not_by_case() {
        let gmail = policy(Some(&[entry(None, "gmail")]), &[]);
        for (row, shown) in [
            (r#"{"type":"x","title":"Gmail"}"#, true),
            (r#"{"title":"Google Mail","type":"GMAIL"}"#, true),
            (r#"{"title":" gmail\t"}"#, true),
            (r#"{"title":"\u0047mail"}"#, true),
            (r#"{"title":"Gmail 2"}"#, false),
            (
                r#"{"titles":"Gmail","x":{"title":"Gmail"},"tags":["gmail"]}"#,
                false,
            ),
            (r#"{"title":["Gmail"]}"#, false),
            (r#"{"title":null,"type":"gmail"}"#, true),
            (r#"{"title":7,"type":"gmail"}"#, true),
            ("{}", false),
        ] {
            assert_eq!(shows(&gmail, row, IdentityType::User), shown, "{row}");
            let blocked = policy(None, &[entry(None, "gmail")]);
            assert_eq!(shows(&blocked, row, IdentityType::User), !shown, "{row}");
        }
    }

    #[test]
    fn shows_nothing_that_could_be_anything() {
        for row in [
            r#"{"title":"Gmail","title":"Slack"}"#,
            r#"["Gmail","gmail"]"#,
            r#""Gmail""#,
            "null",
            "1",
        ] {
            for policy in [
                policy(Some(&[entry(None, "*")]), &[]),
                policy(None, &[entry(None, "nothing")]),
            ] {
                assert!(!shows(&policy, row, IdentityType::User), "{row}");
            }
        }
    }

    #[test]
    fn tells_the_types_of_identities_apart() {
        let user = Some(IdentityType::User);
        let team = Some(IdentityType::Team);
        let gmail = r#"{"title":"Gmail"}"#;
        for (allowed, blocked, shown) in [
            (None, vec![], [true, true]),
            (Some(vec![entry(None, "Gmail")]), vec![], [true, true]),
            (Some(vec![entry(team, "Gmail")]), vec![], [false, true]),
            (
                Some(vec![entry(user, "*"), entry(team, "Slack")]),
                vec![],
                [true, false],
            ),
            (None, vec![entry(user, "Gmail")], [false, true]),
            (None, vec![entry(team, "*")], [true, false]),
            (
                Some(vec![entry(None, "Gmail")]),
                vec![entry(user, "Gmail")],
                [false, true],
            ),
            (Some(vec![]), vec![], [false, false]),
        ] {
            let policy = IntegrationPolicy { allowed, blocked };
            let found = [IdentityType::User, IdentityType::Team]
                .map(|identity_type| shows(&policy, gmail, identity_type));
            assert_eq!(found, shown, "{policy:?}");
        }
    }

    /// Names that are near each other, so that a random list meets a random row.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[aAbB]{1,2}", "[aA] b", Just("É\"\\".to_owned())]
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            3 => name().prop_map(Value::from),
            1 => prop_oneof![
                Just(json!(null)),
                any::<i64>().prop_map(Value::from),
                name().prop_map(|name| json!({"title": name, "type": [name]})),
            ],
        ]
    }

    fn row() -> impl Strategy<Value = Value> {
        let members = vec(("(title|type|other)", value()), 0..5);
        prop_oneof![
            8 => members.prop_map(|members| Value::Object(Map::from_iter(members))),
            1 => value(),
        ]
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let kind = prop_oneof![
            Just(None),
            Just(Some(IdentityType::User)),
            Just(Some(IdentityType::Team))
        ];
        let name = prop_oneof![8 => name(), 1 => Just("*".to_owned())];
        let entry = (kind, name).prop_map(|(kind, name)| entry(kind, &name));
        vec(entry, 0..4)
    }

    /// The same, said by means of every value of the row.
    fn shows_by_reading_all(policy: &IntegrationPolicy, row: &Value, kind: IdentityType) -> bool {
        let Value::Object(members) = row else {
            return false;
        };
        let names: Vec<String> = ["title", "type"]
            .iter()
            .filter_map(|name| members.get(*name)?.as_str())
            .map(str::to_ascii_lowercase)
            .collect();
        let listed = |entries: &[Entry]| {
            entries.iter().any(|entry| {
                let meant = entry.identity_type.unwrap_or(kind) == kind;
                let name = entry.name.to_ascii_lowercase();
                meant && (name == "*" || names.contains(&name))
            })
        };
        policy
            .allowed
            .as_ref()
            .is_none_or(|allowed| listed(allowed))
            && !listed(&policy.blocked)
    }

    proptest! {
        #[test]
        fn equals_a_filter_that_reads_every_value(
            row in row(), allowed in option::of(entries()), blocked in entries(), pretty in any::<bool>(),
        ) {
            let policy = IntegrationPolicy { allowed, blocked };
            let text = if pretty { serde_json::to_string_pretty(&row) } else { serde_json::to_string(&row) };
            for kind in IdentityType::ALL {
                let shown = shows_by_reading_all(&policy, &row, kind);
                assert_eq!(shows(&policy, text.as_ref().unwrap(), kind), shown);
            }
        }
    }
}
