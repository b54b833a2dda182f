//! A process that a test started: its log, its end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::waiting::until;

pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to a file of its name in `logs`. The kernel ends it if this test is killed.
    pub fn start(name: &str, program: &Path, logs: &Path, configure: impl FnOnce(&mut Command)) -> Self {
        std::fs::create_dir_all(logs).expect("the folder of logs can be made");
        let log = logs.join(format!("{name}.log"));
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log can be written");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        configure(&mut command);
        command
            .stdin(Stdio::null())
            .stderr(output.try_clone().expect("a file can be shared"))
            .stdout(output);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// How it ended, once it did by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let what = format!("{} ends", self.name);
        until(&what, async || self.has_ended()).await
    }

    /// Asks it to stop, as whoever runs it would.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh")
            .args(["-c", &kill])
            .status()
            .expect("there is a shell");
        assert!(sent.success(), "{} could not be sent {signal}", self.name);
    }

    /// The same to it and all that it started itself.
    pub fn signal_family(&self, signal: &str) {
        let pids = family(self.child.id()).into_iter().map(|pid| pid.to_string());
        // One of them may end in this very moment.
        let _ = Command::new("kill")
            .arg(format!("-{signal}"))
            .args(pids)
            .stderr(Stdio::null())
            .status();
    }

    /// Ends it as a loss of power does, with all that it started itself, and returns once nothing of it is left.
    pub async fn kill_family(&mut self) {
        let family = family(self.child.id());
        self.signal_family("KILL");
        self.ended().await;
        let what = format!("nothing is left of {}", self.name);
        until(&what, async || {
            family.iter().all(|pid| is_gone(*pid)).then_some(())
        })
        .await;
    }

    /// Whether it stands still, by a failpoint or a signal.
    pub fn is_stopped(&self) -> bool {
        fields_of(self.child.id()).is_some_and(|fields| fields[0] == "T")
    }

    /// Stops it and expects that it ends well.
    pub async fn stop(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(
            status.success(),
            "{} ended with {status}\n{}",
            self.name,
            self.log_tail()
        );
    }

    /// The last lines that it logged.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        format!(
            "{}:\n{}",
            self.log.display(),
            lines[lines.len().saturating_sub(25)..].join("\n")
        )
    }
}

/// A process, its children, their children, and so on.
fn family(eldest: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .expect("the kernel tells")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Some((pid, fields_of(pid)?.get(1)?.parse().ok()?)))
        .collect();
    let mut family = vec![eldest];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| *pid),
        );
        at += 1;
    }
    family
}

/// What the kernel says of a process after its name: state, parent, …
fn fields_of(pid: u32) -> Option<Vec<String>> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may hold anything.
    let (_, fields) = status.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// What has ended and waits to be reaped is gone as well.
fn is_gone(pid: u32) -> bool {
    fields_of(pid).is_none_or(|fields| matches!(fields[0].as_str(), "Z" | "X"))
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
    }
}
