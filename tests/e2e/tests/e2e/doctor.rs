//! The deep check, and `make doctor`, which asks for it.

use std::fs;
use std::process::Command;

use authkit_edge_e2e::answer::Answer;
use authkit_edge_e2e::client::Request;
use authkit_edge_e2e::profile::{CALLER_KEY, Edge, GRANT_KEY, KEY, Profile};
use authkit_edge_e2e::worker::{Bindings, Deployment, write_folder};
use authkit_edge_e2e::{PATIENCE, root, search_path};
use authkit_sandbox::{Fault, FaultKind, Issuer};
use serde_json::json;

fn ask() -> Request {
    Request::anonymous()
        .method("GET")
        .at("/api/authkit/health/deep")
        .header("x-authkit-key", CALLER_KEY)
}

/// `name: status` of every check.
fn checks(answer: &Answer) -> Vec<String> {
    let report = answer.json();
    let checks = report["checks"].as_array().expect("a list").iter();
    checks
        .map(|check| {
            let text = |name: &str| check[name].as_str().expect("a text");
            format!("{}: {}", text("name"), text("status"))
        })
        .collect()
}

#[track_caller]
fn assert_found(edge: &Edge, status: u16, found: &[&str]) -> Answer {
    let answer = edge.send(&ask());
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(checks(&answer), found, "{answer}");
    answer
}

#[test]
fn finds_nothing_wrong_and_leaves_no_call_open() {
    let edge = Profile::Verified.lease();
    let all = [
        "configuration: ok",
        "jwt_keys: ok",
        "access_keys: ok",
        "upstream: ok",
        "account: ok",
        "integrations: ok",
    ];
    let answer = assert_found(&edge, 200, &all);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let whose = r#"PICA_SECRET_KEY is of the organization \"Sandbox\", project \"Default\""#;
    assert!(answer.text().contains(whose), "{answer}");
    assert_eq!(edge.line_of(&answer)["route"], "deep_check");
    assert_eq!(edge.sandbox.token_requests().len(), 1);
    assert_eq!(edge.sandbox.flags_requests().len(), 0);
    edge.assert_upstream_idle();
}

#[test]
fn sees_a_key_that_is_refused() {
    let edge = Profile::Guarded.lease();
    edge.sandbox.update(|settings| settings.revoked = true);
    let answer = assert_found(&edge, 503, &["configuration: ok", "upstream: failing"]);
    let type_this = "type: npx wrangler secret put PICA_SECRET_KEY";
    assert!(answer.text().contains(type_this), "{answer}");
    assert_eq!(edge.line_of(&answer)["code"], "failing");
}

#[test]
fn sees_that_no_integration_is_enabled() {
    let edge = Profile::Guarded.lease();
    edge.sandbox.update(|settings| settings.catalogue = 0);
    let answer = assert_found(
        &edge,
        200,
        &[
            "configuration: ok",
            "upstream: ok",
            "account: ok",
            "integrations: warning",
        ],
    );
    assert!(
        answer.text().contains("https://app.picaos.com/authkit"),
        "{answer}"
    );
}

#[test]
fn sees_all_that_is_wrong_with_the_settings_at_once() {
    let edge = Profile::Ailing.lease();
    let all = [
        "ONE_SECRET_KEY: warning",
        "ROUTE_ALIASES: failing",
        "ALLOWED_ORIGINS: failing",
        "PICA_SECRET_KEY: failing",
        "GRANT_KEY: failing",
        "JWT_SECRET: failing",
        "JWT_AUDIENCE: failing",
    ];
    let answer = assert_found(&edge, 503, &all);
    let text = answer.text();
    for words in [
        "npx wrangler secret put PICA_SECRET_KEY",
        "like https://app.example.com: no slash",
        "`openssl rand -hex 32`",
        "starts with neither sk_live_ nor sk_test_",
    ] {
        assert!(text.contains(words), "{words}: {answer}");
    }
    assert!(!text.contains("weak") && !text.contains("another_product"));
    edge.assert_upstream_calls(0, 0);
}

#[test]
fn answers_nobody_without_the_key() {
    let edge = Profile::Guarded.lease();
    let nobody = Request::anonymous()
        .method("GET")
        .at("/api/authkit/health/deep");
    edge.send(&nobody).assert_error(401, "unauthenticated");
    let wrong = nobody.header("x-authkit-key", &CALLER_KEY[1..]);
    edge.send(&wrong).assert_error(401, "unauthenticated");
    edge.assert_upstream_calls(0, 0);
    drop(edge);
    Profile::Pica
        .lease()
        .send(&ask())
        .assert_error(404, "not_found");
}

/// What `make doctor` says with these variables and arguments, and whether it is content.
fn doctor(variables: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let output = doctor_command(variables, arguments)
        .output()
        .expect("`make setup` has installed Node.js");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !said.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for secret in [KEY, CALLER_KEY, GRANT_KEY] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    (output.status.success(), said)
}

fn doctor_command(variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .arg(root().join("scripts/doctor.mjs"))
        .args(arguments);
    command
        .env("PATH", search_path())
        .env_remove("URL")
        .env_remove("TRUSTED_CALLER_KEY")
        .env_remove("TOKEN")
        .env_remove("COOKIE")
        .env_remove("TYPE")
        .envs(variables.iter().copied());
    command
}

#[test]
fn the_doctor_asks_a_deployment() {
    let edge = Profile::Guarded.lease();
    let url = format!("http://{}", edge.addr());
    let ask = |url: &str, key: &str| doctor(&[("URL", url), ("TRUSTED_CALLER_KEY", key)], &[]);

    let (well, said) = ask(&format!("{url}/"), CALLER_KEY);
    assert!(well, "{said}");
    for line in [
        "✓ health\n",
        "✓ upstream\n",
        "✓ account\n    PICA_SECRET_KEY is of the organization \"Sandbox\"",
        "✓ integrations\n",
        "\nThe settings are whole and the key works. No credential was tried: TOKEN=…",
    ] {
        assert!(said.contains(line), "{line:?} not in {said}");
    }

    edge.sandbox.update(|settings| settings.revoked = true);
    let (well, said) = ask(&format!("{url}/api/authkit"), CALLER_KEY);
    assert!(!well, "{said}");
    assert!(
        said.contains("✗ upstream\n    The key in PICA_SECRET_KEY is refused."),
        "{said}"
    );

    for (url, key, line) in [
        (
            &*url,
            "another-key-of-thirty-two-letters",
            "✗ TRUSTED_CALLER_KEY\n    is another one there.",
        ),
        (&url, "", "✗ TRUSTED_CALLER_KEY\n    Its value is needed"),
        (
            &format!("{url}/v2"),
            CALLER_KEY,
            "✗ health\n    There is no authkit-edge at ",
        ),
        (
            "http://app.example.com",
            CALLER_KEY,
            "✗ URL\n    must be an https:// address",
        ),
        (
            "app.example.com",
            CALLER_KEY,
            "✗ URL\n    must be an https:// address",
        ),
    ] {
        let (well, said) = ask(url, key);
        assert!(!well && said.contains(line), "{line:?} not in {said}");
    }
    drop(edge);

    let edge = Profile::Pica.lease();
    let (well, said) = ask(&format!("http://{}", edge.addr()), CALLER_KEY);
    assert!(
        !well && said.contains("✗ TRUSTED_CALLER_KEY\n    is not set there"),
        "{said}"
    );
}

/// What the doctor says of a Worker on this machine with these bindings.
fn doctor_here(bindings: &Bindings) -> (bool, String) {
    doctor_here_with(bindings, &[])
}

/// The same with variables of the shell.
fn doctor_here_with(bindings: &Bindings, variables: &[(&str, &str)]) -> (bool, String) {
    let root = root().canonicalize().expect("it is there");
    let folder = write_folder(&root, "doctor", &[Deployment::edge(bindings.clone())]).unwrap();
    let config = folder.join("0/wrangler.json");
    let result = doctor(
        variables,
        &["--config", config.to_str().expect("a plain path")],
    );
    fs::remove_dir_all(folder).expect("it was written");
    result
}

#[test]
fn the_doctor_looks_at_the_configuration_here() {
    let edge = Profile::Pica.lease();
    let mut bindings = Profile::Pica.bindings(edge.sandbox.issuer());
    let (well, said) = doctor_here(&bindings);
    assert!(well, "{said}");
    assert_eq!(
        said,
        "✓ configuration\n✓ upstream\n✓ account\n    PICA_SECRET_KEY is of the organization \"Sandbox\", \
         project \"Default\"\n✓ integrations\n\nThe settings are whole and the key works. \
         No credential was tried: TOKEN=… make doctor tries one.\n"
    );

    // With these, `wrangler dev` would have the Worker believe that it is on the internet.
    let routes = json!([{"pattern": "app.example.com/api/authkit*", "zone_name": "example.com"}]);
    bindings.sections.insert("routes", routes);
    let (well, said) = doctor_here(&bindings);
    assert!(well && !said.contains('!'), "{said}");

    bindings.variables.remove("ENVIRONMENT");
    bindings.variables.insert("ROUTE_PREFIX", json!("/v2"));
    bindings.secrets.insert("TRUSTED_CALLER_KEY", CALLER_KEY);
    let (well, said) = doctor_here(&bindings);
    // A test key in production is what most plans have.
    assert!(well && said.starts_with("✓ configuration\n"), "{said}");

    let required = json!({"required": ["PICA_SECRET_KEY"]});
    bindings.sections.insert("secrets", required);
    let (well, said) = doctor_here(&bindings);
    let warning = "! .dev.vars\n    Line ";
    let from = "IDENTITY_SOURCE is from [vars] of wrangler.json";
    assert!(said.contains(from), "{said}");
    assert!(!well && said.starts_with(warning), "{said}");
    let advice = ": TRUSTED_CALLER_KEY is not read. In wrangler.toml, below [secrets], \
                  write: required = [\"PICA_SECRET_KEY\", \"TRUSTED_CALLER_KEY\"]\n";
    assert!(said.contains(advice), "{said}");
}

/// What stands in the list of processes, which everybody on the machine may read.
#[cfg(target_os = "linux")]
fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap();
    let lines = processes.filter_map(|entry| fs::read(entry.unwrap().path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}

/// With that key, anybody else on the machine could ask the Worker that the doctor looks at.
#[cfg(target_os = "linux")]
#[test]
fn the_doctors_own_key_is_in_no_list_of_processes() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Stdio;

    let edge = Profile::Pica.lease();
    let mut bindings = Profile::Pica.bindings(edge.sandbox.issuer());
    // The first try has to wait for as long as the list is looked at; a later one does not.
    bindings
        .variables
        .insert("UPSTREAM_DEADLINE_MS", json!(30_000));
    edge.sandbox
        .update(|settings| settings.faults = vec![Fault::token(FaultKind::Hang)]);

    let root = root().canonicalize().expect("it is there");
    let folder = write_folder(&root, "doctor", &[Deployment::edge(bindings)]).unwrap();
    let config = folder.join("0/wrangler.json");
    let tmp = folder.join("tmp");
    let variables = [("TMPDIR", tmp.to_str().expect("a plain path"))];
    let arguments = ["--config", config.to_str().expect("a plain path")];
    let doctor = doctor_command(&variables, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The Worker that the doctor has started asks its upstream.
    assert!(edge.sandbox.wait_until(|seen| seen.in_flight > 0, PATIENCE));

    let works: Vec<_> = fs::read_dir(&tmp)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("key").exists())
        .collect();
    let [work] = &works[..] else {
        panic!("one folder of the doctor's: {works:?}");
    };
    for (path, mode) in [(work.clone(), 0o700), (work.join("key"), 0o600)] {
        let found = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }
    let key = fs::read_to_string(work.join("key")).unwrap();
    assert_eq!(key.len(), 64);
    let lines = command_lines();
    let started = lines.iter().filter(|line| line.contains("doctor-worker"));
    assert!(started.count() > 0, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(&key)));

    edge.sandbox.update(|settings| settings.faults.clear());
    let output = doctor.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{wrong}");
    assert!(!said.contains(&key) && !wrong.contains(&key));
    assert!(!work.exists(), "the key is gone with its folder");
    fs::remove_dir_all(folder).expect("it was written");
}

/// Only with a key may anybody ask; but with a key, `header` and `body` would be right.
#[test]
fn the_doctor_does_not_mend_what_it_looks_at() {
    let edge = Profile::Pica.lease();
    let mut bindings = Profile::Pica.bindings(edge.sandbox.issuer());
    bindings.variables.remove("ENVIRONMENT");
    let (well, said) = doctor_here(&bindings);
    let fault = "✗ IDENTITY_SOURCE\n    `header` and `body` believe any caller";
    assert!(!well && said.starts_with(fault), "{said}");
    assert_eq!(said.matches('✗').count(), 1, "{said}");

    let origins = json!("https://app.example.com/");
    bindings.variables.insert("ALLOWED_ORIGINS", origins);
    let (well, said) = doctor_here(&bindings);
    let fault = "✗ IDENTITY_SOURCE\n    is wrong, too.";
    assert!(!well && said.starts_with(fault), "{said}");
    let fault = "✗ ALLOWED_ORIGINS\n    entry 1: must end";
    assert!(said.contains(fault), "{said}");
    assert_eq!(said.matches('✗').count(), 2, "{said}");
}

/// A credential, by the variable that it stands in, and lines that the doctor says of it.
type Case = (&'static str, String, &'static [&'static str]);

/// The first steps, as they are printed.
const STEPS: &str = "\n    ✓ form\n    ✓ algorithm: \"ES256\"\n    ✓ key: kid ";

fn cases(issuer: &Issuer, whom: &str) -> Vec<Case> {
    let token = |changes| issuer.token("ES256", whom, &changes);
    let good = token(json!({}));
    let slash = format!("{}/", issuer.url());
    let (head, _) = good.rsplit_once('.').expect("three parts");
    vec![
        (
            "TOKEN",
            good.clone(),
            &[
                "✓ credential, judged by jwt",
                STEPS,
                "✓ identity: the claim \"sub\"",
            ],
        ),
        (
            "COOKIE",
            format!("theme=dark; session={good}"),
            &["✓ credential, judged by jwt"],
        ),
        ("COOKIE", good.clone(), &["✓ credential, judged by jwt"]),
        (
            "TOKEN",
            format!("Authorization: Bearer {good}"),
            &["✓ credential, judged by jwt"],
        ),
        (
            "COOKIE",
            format!(
                "CF_Authorization={}",
                issuer.token("RS256", whom, &json!({"type": "app"}))
            ),
            &["✓ credential, judged by access"],
        ),
        (
            "TOKEN",
            token(json!({"iss": slash})),
            &[
                STEPS,
                "✓ payload",
                "✗ issuer: JWT_ISSUER is \"http://",
                "add a slash at the end",
            ],
        ),
        (
            "TOKEN",
            token(json!({"aud": "another", "exp": 1_000_000_000})),
            &[
                "✗ audience: JWT_AUDIENCE is",
                "aud is \"another\"",
                "! times: It expired",
                "days ago",
            ],
        ),
        (
            "TOKEN",
            token(json!({"exp": 1_000_000_000})),
            &["✓ audience: aud", "✗ times: It expired"],
        ),
        (
            "TOKEN",
            token(json!({"role": "anon"})),
            &["✓ times", "✗ person: Take the token of a user's"],
        ),
        (
            "TOKEN",
            token(json!({"sub": ""})),
            &["✗ identity: JWT_IDENTITY_CLAIM is \"sub\", which is empty"],
        ),
        (
            "TOKEN",
            format!("{head}.c2ln"),
            &["✓ key", "✗ signature: The token was changed or cut"],
        ),
        (
            "TOKEN",
            "opaque".to_owned(),
            &["✗ form: It has 1 part instead of three"],
        ),
        (
            "TOKEN",
            "v1.e30.e30".to_owned(),
            &["credential, judged by grant", "✗ signature: GRANT_KEY"],
        ),
        (
            "COOKIE",
            "theme=dark".to_owned(),
            &[
                "and the cookie session or sb-ref-auth-token.",
                "COOKIE has: \"theme\"",
            ],
        ),
        (
            "TOKEN",
            "two\nlines".to_owned(),
            &["✗ TOKEN\n    It has line ends"],
        ),
    ]
}

#[test]
fn the_doctor_says_step_by_step_why_a_deployment_refuses_a_credential() {
    let edge = Profile::Verified.lease();
    let url = format!("http://{}", edge.addr());
    let issuer = edge.sandbox.issuer();
    let whom = "ada-whom-nobody-names";
    let good = issuer.token("ES256", whom, &json!({}));
    for (name, credential, lines) in cases(issuer, whom) {
        let variables = [
            ("URL", &*url),
            ("TRUSTED_CALLER_KEY", CALLER_KEY),
            (name, &*credential),
        ];
        let (well, said) = doctor(&variables, &[]);
        assert_eq!(well, !said.contains('✗'), "{said}");
        for line in lines {
            assert!(said.contains(line), "{line:?} not in {said}");
        }
        let signature = credential.rsplit('.').next().expect("there is one");
        assert!(!said.contains(whom), "{said}");
        assert!(signature.len() < 20 || !said.contains(signature), "{said}");
    }
    let variables = [
        ("URL", &*url),
        ("TRUSTED_CALLER_KEY", CALLER_KEY),
        ("TOKEN", &*good),
        ("TYPE", "organization"),
    ];
    let (well, said) = doctor(&variables, &[]);
    assert!(!well && said.contains("✗ identity"), "{said}");
    assert!(said.ends_with("and this credential gets no token until that is mended.\n"));
    // Nothing of it is in the Worker's log either.
    for line in edge.log().lines() {
        assert!(!line.contains(whom) && !line.contains(&good), "{line}");
    }
}

#[test]
fn the_doctor_judges_a_credential_by_the_configuration_here() {
    let edge = Profile::Verified.lease();
    let issuer = edge.sandbox.issuer();
    let token = issuer.token("ES256", "ada", &json!({}));
    let mut bindings = Profile::Verified.bindings(issuer);
    bindings.secrets.remove("TRUSTED_CALLER_KEY");
    let slash = format!("{}/", issuer.url());
    bindings.variables.insert("JWT_ISSUER", json!(slash));
    bindings.variables.insert("IDENTITY_SOURCE", json!("jwt"));
    let (well, said) = doctor_here_with(&bindings, &[("TOKEN", &token)]);
    assert!(!well && !said.contains(&token), "{said}");
    let line = format!(
        "JWT_ISSUER is \"{slash}\" and the token says \"{}\": take the slash at the end away",
        issuer.url()
    );
    assert!(said.contains(&line), "{line:?} not in {said}");

    // A token of the sign-in product, where Access alone is asked.
    bindings
        .variables
        .insert("IDENTITY_SOURCE", json!("access"));
    let (well, said) = doctor_here_with(&bindings, &[("TOKEN", &token)]);
    assert!(!well, "{said}");
    for line in [
        "IDENTITY_SOURCE has no jwt, so a bearer token is not read",
        "judged by access",
    ] {
        assert!(said.contains(line), "{line:?} not in {said}");
    }
}

#[test]
fn the_doctor_says_where_a_value_is_from() {
    let edge = Profile::Pica.lease();
    let mut bindings = Profile::Pica.bindings(edge.sandbox.issuer());
    bindings.secrets.clear();
    bindings
        .sections
        .insert("secrets", json!({"required": ["PICA_SECRET_KEY"]}));
    let root = root().canonicalize().expect("it is there");
    let folder = write_folder(&root, "doctor", &[Deployment::edge(bindings)]).unwrap();
    // Beside one, even an empty one, no variable of the shell counts.
    let _ = fs::remove_file(folder.join("0/.dev.vars"));
    let config = folder.join("0/wrangler.json");
    let shell = [("ENVIRONMENT", "prod"), ("PICA_SECRET_KEY", KEY)];
    let arguments = ["--config", config.to_str().expect("a plain path")];
    let (well, said) = doctor(&shell, &arguments);
    fs::remove_dir_all(folder).expect("it was written");
    assert!(!well, "{said}");
    let line = "ENVIRONMENT is from a variable of this shell, which goes before wrangler.json";
    assert!(said.contains(line), "{line:?} not in {said}");
    assert!(
        !said.contains("In [vars] of wrangler.toml: ENVIRONMENT"),
        "{said}"
    );
}
