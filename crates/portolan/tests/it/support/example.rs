//! The bundled example of another system, running.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use super::process::portolan;

/// What calls to it are signed with.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The running example. Dropping it stops it.
pub(crate) struct Example {
    child: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Example {
    pub(crate) fn start() -> Self {
        let mut child = portolan()
            .args(["example-executor", "--listen", "127.0.0.1:0", "--secret", SECRET])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next().expect("a line").expect("text");
        let url = line.strip_prefix("The example executor is at ").expect("its address").to_owned();
        Self { child, url }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
