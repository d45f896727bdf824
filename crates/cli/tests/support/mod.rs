//! The binary in an environment of its own: no home, no profile, no credentials but those that a test gives.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub struct Marple {
    pub home: tempfile::TempDir,
}

/// How the program ended, and what it said.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The report as JSON; it is alone on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    pub fn assert(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.err, self.out);
        for words in said {
            assert!(self.err.contains(words), "{words:?} is missing in: {}", self.err);
        }
    }
}

impl Marple {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    #[expect(clippy::disallowed_methods, reason = "the tests start the binary")]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_marple"));
        command.args(arguments).env_clear().current_dir(self.home.path());
        command.env("HOME", self.home.path()).env("AWS_EC2_METADATA_DISABLED", "true").env("NO_COLOR", "1");
        command.env("MARPLE_DATA_DIR", self.home.path().join("data")).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        finish(self.command(arguments))
    }

    /// Runs against an account that a served world plays.
    pub fn run_at(&self, endpoint: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        credentials(&mut command).env("AWS_ENDPOINT_URL", endpoint).env("AWS_REGION", "us-east-1");
        finish(command)
    }

    /// Nothing was stored.
    pub fn assert_empty_journal(&self) {
        let listed = self.run(&["list", "--format", "json"]);
        assert_eq!(listed.json(), serde_json::json!([]));
    }
}

pub fn credentials(command: &mut Command) -> &mut Command {
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test")
}

pub fn finish(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// `marple world serve`, until it is dropped.
pub struct Served {
    child: Child,
    pub endpoint: String,
}

impl Served {
    pub fn new(marple: &Marple, scenario: &str) -> Self {
        let mut command = marple.command(&["world", "serve", scenario, "--port", "0"]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut said = String::new();
        let stderr = child.stderr.as_mut().unwrap();
        BufReader::new(stderr).read_line(&mut said).unwrap();
        let start = said.find("http://").unwrap_or_else(|| panic!("no address in {said:?}"));
        let endpoint = said[start..].split_whitespace().next().unwrap().to_owned();
        Self { child, endpoint }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An endpoint that gives every request the same answer.
pub fn answering(status: &'static str, headers: &'static str, body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            let _ = reader.read_exact(&mut vec![0; length]);
            let head =
                format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

/// Copies a scenario of the repository, so that a test can change it.
pub fn copy_scenario(name: &str, to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    copy(&from, to);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
