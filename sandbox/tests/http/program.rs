//! The program: its arguments, its output, its end.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::client::{finish, open};

const KEY: &str = "sk_live_of_this_test";

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_authkit-sandbox"))
}

/// Starts it, reads its first line, and gives the address in it.
fn started(arguments: &[&str]) -> (Child, BufReader<std::process::ChildStdout>, SocketAddr) {
    let mut child = program()
        .args(["--port", "0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let line = line.trim_end();
    let addr = line.strip_prefix("sandbox listening on http://");
    let addr = addr.expect(line).parse().expect(line);
    (child, output, addr)
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

#[test]
fn it_serves_logs_a_line_per_request_and_ends_well_on_a_signal() {
    for signal in ["-INT", "-TERM"] {
        let arguments = ["--key", KEY, "--catalogue", "3", "--host", "127.0.0.1"];
        let (mut child, mut output, addr) = started(&arguments);
        let headers = [("X-One-Secret", KEY)];
        let call = open(addr, "POST /v1/authkit/token?limit=9", &headers, "{}");
        assert_eq!(finish(call).unwrap().json()["total"], 3);
        finish(open(addr, "GET /_sandbox/health", &[], "")).unwrap();
        finish(open(addr, "GET /other", &headers, "")).unwrap();

        let pid = child.id().to_string();
        let killed = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(killed.success());
        assert!(child.wait().unwrap().success());
        let mut log = String::new();
        output.read_to_string(&mut log).unwrap();
        assert_eq!(log, "POST /v1/authkit/token?limit=9 200\nGET /other 404\n");
    }
}

#[test]
fn listening_everywhere_it_names_an_address_that_can_be_called() {
    for host in ["0.0.0.0", "::"] {
        let (mut child, _output, addr) = started(&["--host", host]);
        assert!(addr.ip().is_loopback(), "{addr}");
        let answer = open(addr, "POST /_sandbox/sign-in", &[], r#"{"user":"ada"}"#);
        let token = finish(answer).unwrap().json()["token"].to_string();
        let claims = token.split('.').nth(1).unwrap();
        let claims = Base64UrlUnpadded::decode_vec(claims).unwrap();
        let issuer = format!(r#""iss":"http://{addr}""#);
        assert!(String::from_utf8(claims).unwrap().contains(&issuer));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn quiet_it_logs_no_request() {
    let (mut child, mut output, addr) = started(&["--quiet"]);
    finish(open(addr, "GET /other", &[], "")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut log = String::new();
    output.read_to_string(&mut log).unwrap();
    assert_eq!(log, "");
}

#[test]
fn a_taken_port_is_a_clear_message_and_exit_code_1() {
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("is in use already"), "{message}");
    assert!(message.contains("--port"), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    for arguments in [
        &["--prot", "1"][..],
        &["--port"],
        &["--port", "70000"],
        &["--catalogue", "many"],
        &["extra"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("--help"), "{message}");
    }
}

#[test]
fn a_catalogue_too_large_is_exit_code_1() {
    let output = run(&["--port", "0", "--catalogue", "100001"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("more than 100000"), "{message}");
}

#[test]
fn help_tells_the_arguments() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for argument in ["--port", "--host", "--key", "--catalogue", "--quiet"] {
        assert!(text.contains(argument), "{text}");
    }
}
