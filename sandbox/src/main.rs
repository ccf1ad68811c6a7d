//! `authkit-sandbox`: the sandbox as a program.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use authkit_sandbox::{Options, Sandbox, Settings};
use lexopt::prelude::{Long, Short, ValueExt};

const HELP: &str = "\
A stand-in for the Pica and One APIs.

Usage: authkit-sandbox [--port 8788] [--host 127.0.0.1] [--key sk_test_sandbox] [--catalogue 250] [--quiet]

  --port PORT       port to listen on, 0 for any free one
  --host HOST       host name or address to listen on
  --key KEY         the key that the API accepts
  --catalogue N     number of integrations
  --quiet           no line for each request

The control routes under /_sandbox/ change how it answers: see sandbox/README.md.
";

const DEFAULT_PORT: u16 = 8788;

/// How long open calls may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match options() {
        Ok(Some(options)) => match run(options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(&message, 1),
        },
        Ok(None) => match io::stdout().write_all(HELP.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => fail(&format!("{error} (see --help)"), 2),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    eprintln!("authkit-sandbox: {message}");
    ExitCode::from(code)
}

/// None if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        port: DEFAULT_PORT,
        log: true,
        ..Options::default()
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("port") => options.port = arguments.value()?.parse()?,
            Long("host") => options.host = arguments.value()?.string()?,
            Long("key") => options.key = arguments.value()?.string()?,
            Long("catalogue") => {
                options.settings = Settings {
                    catalogue: arguments.value()?.parse()?,
                    ..Settings::default()
                };
            }
            Long("quiet") => options.log = false,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

fn run(options: Options) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    let place = format!("{}:{}", options.host, options.port);
    let sandbox = Sandbox::start(options).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{place} is in use already, perhaps by another sandbox; choose another port with --port"
        ),
        io::ErrorKind::InvalidInput => error.to_string(),
        _ => format!("cannot listen on {place}: {error}"),
    })?;
    runtime.block_on(async {
        // Signals are caught before the line is out: whoever waits for it may send one at once.
        let signal = stop_signal();
        let ready = format!("sandbox listening on {}\n", sandbox.base_url());
        let _ = io::stdout().write_all(ready.as_bytes());
        let _ = io::stdout().flush();
        signal.await;
    });
    sandbox.stop(GRACE);
    Ok(())
}

#[cfg(unix)]
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    async move {
        // Without handlers the signals end the process the blunt way, which is still an end.
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
fn stop_signal() -> impl Future<Output = ()> {
    async {
        let _ = tokio::signal::ctrl_c().await;
    }
}
