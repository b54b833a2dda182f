//! PostgreSQL, Kafka and Redis of a test's own, for tests that kill them. Each is killed as if the machine had lost power,
//! and started again on the same port with what it had on its disk.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{Connection as _, PgConnection};
use system_tests::http::Connection;

use super::ports;
use super::process::Process;
use super::services::wanted;
use super::waiting::until;

/// Where a test's own servers have their data: outside the home of whoever runs it, since PostgreSQL's user has to get there, whatever the
/// umask is (`./dev` closes everything).
pub fn own_folder(name: &str) -> PathBuf {
    let folder = Path::new("/var/tmp").join(format!("cartwright-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::set_permissions(&folder, Permissions::from_mode(0o711)).expect("a folder can be opened");
    folder
}

/// Which server, where its data is, and its process while it runs.
pub struct Server {
    kind: Kind,
    folder: PathBuf,
    port: u16,
    process: Option<Process>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Kafka,
    Redis,
}

impl Server {
    pub async fn start(kind: Kind, folder: &Path) -> Self {
        let folder = folder.join(format!("{kind:?}").to_lowercase());
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let mut server = Self {
            kind,
            folder,
            port: ports::free(),
            process: None,
        };
        match kind {
            Kind::Postgres => server.make_cluster(),
            Kind::Kafka => server.format(),
            Kind::Redis => {}
        }
        server.run().await;
        server
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn postgres_url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Gone without a word, and back with what was on its disk.
    pub async fn kill_and_restart(&mut self) {
        // Its process ends when it is dropped; PostgreSQL's children need the signal that ends them all at once.
        if let (Kind::Postgres, Some(process)) = (self.kind, &mut self.process) {
            process.signal("QUIT");
            process.ended().await;
        }
        self.process = None;
        self.run().await;
    }

    /// Gone without a word, all of it.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_family().await;
        }
    }

    /// Back with what was on its disk.
    pub async fn restart(&mut self) {
        self.run().await;
    }

    /// To all of it: `STOP` makes it stand still, with its connections open, until `CONT`.
    pub fn signal(&self, signal: &str) {
        self.process.as_ref().expect("it runs").signal_family(signal);
    }

    async fn run(&mut self) {
        let port = self.port.to_string();
        let (name, program, arguments) = match self.kind {
            Kind::Postgres => {
                let data = self.folder.join("data").display().to_string();
                let mut arguments = as_server();
                arguments.push(postgres_bin().join("postgres").display().to_string());
                for argument in ["-D", &data, "-p", &port, "-c", "listen_addresses=127.0.0.1"] {
                    arguments.push(argument.to_owned());
                }
                for setting in [
                    "unix_socket_directories=",
                    "max_connections=200",
                    "shared_buffers=32MB",
                ] {
                    arguments.extend(["-c".to_owned(), setting.to_owned()]);
                }
                ("own-postgres", PathBuf::from(arguments.remove(0)), arguments)
            }
            Kind::Kafka => {
                let mut arguments = java();
                arguments.extend(["kafka.Kafka".to_owned(), self.properties().display().to_string()]);
                ("own-kafka", PathBuf::from("java"), arguments)
            }
            Kind::Redis => {
                let arguments = [
                    "--port",
                    &port,
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ];
                let arguments = arguments.map(ToOwned::to_owned).to_vec();
                ("own-redis", PathBuf::from("redis-server"), arguments)
            }
        };
        let folder = self.folder.clone();
        let process = Process::start(name, &program, &self.folder, |command| {
            command.args(arguments).current_dir(folder);
        });
        self.process = Some(process);
        let what = format!("{name} listens");
        let (kind, address, url) = (self.kind, self.address(), self.postgres_url("postgres"));
        until(&what, async || match kind {
            Kind::Postgres => PgConnection::connect(&url).await.map(drop).ok(),
            Kind::Kafka | Kind::Redis => Connection::open(&address).await.map(drop).ok(),
        })
        .await;
    }

    fn make_cluster(&self) {
        own(&self.folder);
        let mut command = as_server();
        command.push(postgres_bin().join("initdb").display().to_string());
        let data = self.folder.join("data").display().to_string();
        for argument in ["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync"] {
            command.push(argument.to_owned());
        }
        done(
            Command::new(&command[0])
                .args(&command[1..])
                .current_dir(&self.folder),
        );
    }

    fn format(&self) {
        let (port, controller) = (self.port, ports::free());
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\nlog.dirs={}\n\
             auto.create.topics.enable=false\ndefault.replication.factor=1\nmin.insync.replicas=1\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=2\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\n\
             broker.session.timeout.ms=4000\nbroker.heartbeat.interval.ms=500\nlog.cleaner.dedupe.buffer.size=16777216\n",
            self.folder.join("data").display()
        );
        std::fs::write(self.properties(), properties).expect("a file can be written");
        let mut arguments = java();
        for argument in [
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "-t",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "-c",
        ] {
            arguments.push(argument.to_owned());
        }
        arguments.push(self.properties().display().to_string());
        done(Command::new("java").args(arguments));
    }

    fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }
}

/// It lives for minutes at most, and its start is waited for: the quick compiler alone takes half as long.
fn java() -> Vec<String> {
    let jars = format!("{}/*", wanted("TEST_KAFKA_JARS"));
    let options = [
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        &jars,
    ];
    options.map(ToOwned::to_owned).to_vec()
}

pub fn postgres_bin() -> PathBuf {
    PathBuf::from(wanted("TEST_POSTGRES_BIN"))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// PostgreSQL refuses to run as root. The signal at the test's end is lost with a change of user, so it is set again.
fn as_server() -> Vec<String> {
    let words: &[&str] = if is_root() {
        &[
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--pdeathsig",
            "QUIT",
            "--",
        ]
    } else {
        &["env"]
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The server's user gets to its folder.
fn own(folder: &Path) {
    if is_root() {
        done(Command::new("chown").arg("postgres").arg(folder));
    }
}

fn done(command: &mut Command) {
    let output = command.output().expect("a program can be run");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
