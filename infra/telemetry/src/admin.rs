//! The admin port of every process: `/healthz`, `/readyz`, `/metrics`. Read by the supervisor, by
//! Kubernetes and by Prometheus; never reachable through the shop's own address.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{metric, server};

/// A dependency that does not answer a probe within this time is not ok.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

type Outcome = Result<(), String>;
type Probe = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

type SignOfLife = Box<dyn Fn() -> Outcome + Send + Sync>;

/// What must hold for this process to be ready, by name. Components take a [`Readiness`] each and
/// report to it, or leave a probe that is asked whenever somebody looks.
///
/// Some also show signs of life: without one of those the process is dead, and only a restart helps.
#[derive(Clone, Default)]
pub struct Checks {
    ready: Arc<Mutex<BTreeMap<&'static str, Check>>>,
    alive: Arc<Mutex<BTreeMap<&'static str, SignOfLife>>>,
}

enum Check {
    Reported(Outcome),
    /// Ready all the same.
    Remarked(String),
    Probed(Arc<Probe>),
}

impl Checks {
    /// A check that a component reports to. Until it first does, the check says `starting`.
    pub fn reported(&self, name: &'static str) -> Readiness {
        self.lock()
            .insert(name, Check::Reported(Err("starting".to_owned())));
        Readiness {
            checks: self.clone(),
            name,
        }
    }

    /// A check that is made whenever somebody asks `/readyz`.
    pub fn probed<F, Fut>(&self, name: &'static str, probe: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        let probe: Probe = Box::new(move || Box::pin(probe()));
        self.lock().insert(name, Check::Probed(Arc::new(probe)));
    }

    /// Something without which this process is dead, for `/healthz`: asked whenever somebody looks, and never to wait for anything.
    pub fn vital(
        &self,
        name: &'static str,
        sign_of_life: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        locked(&self.alive).insert(name, Box::new(sign_of_life));
    }

    /// # Errors
    /// What is dead, in words.
    pub fn alive(&self) -> Result<(), String> {
        let dead: Vec<String> = locked(&self.alive)
            .iter()
            .filter_map(|(name, sign)| Some(format!("{name}: {}", sign().err()?)))
            .collect();
        if dead.is_empty() {
            Ok(())
        } else {
            Err(dead.join("\n"))
        }
    }

    /// Every check with `ok`, or why not; and whether all are ok.
    pub async fn report(&self) -> (bool, BTreeMap<&'static str, String>) {
        let (mut report, mut remarks) = (BTreeMap::new(), BTreeMap::new());
        let mut probes = JoinSet::new();
        for (name, check) in self.lock().iter() {
            match check {
                Check::Reported(outcome) => drop(report.insert(*name, outcome.clone())),
                Check::Remarked(remark) => drop(remarks.insert(*name, remark.clone())),
                Check::Probed(probe) => {
                    let (name, probe) = (*name, Arc::clone(probe));
                    report.insert(name, Err("the probe failed".to_owned()));
                    probes.spawn(async move {
                        let answer = tokio::time::timeout(PROBE_LIMIT, probe()).await;
                        (
                            name,
                            answer.unwrap_or_else(|_| Err("no answer in time".to_owned())),
                        )
                    });
                }
            }
        }
        while let Some(probed) = probes.join_next().await {
            // A probe that panicked keeps what was put there for it.
            if let Ok((name, outcome)) = probed {
                report.insert(name, outcome);
            }
        }
        // Whoever has no check yet has not looked at anything: a process opens this port before it connects to what it needs.
        let has_looked = !(report.is_empty() && remarks.is_empty());
        let ready = has_looked && report.values().all(Result::is_ok);
        let in_words = |outcome: Outcome| outcome.err().unwrap_or_else(|| "ok".to_owned());
        let report = report
            .into_iter()
            .map(|(name, outcome)| (name, in_words(outcome)));
        (ready, report.chain(remarks).collect())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Check>> {
        locked(&self.ready)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}

/// One component's own entry in [`Checks`].
#[derive(Debug, Clone)]
pub struct Readiness {
    checks: Checks,
    name: &'static str,
}

impl Readiness {
    pub fn ok(&self) {
        self.set(Ok(()));
    }

    /// `why` is read by operators: a sentence without secrets.
    pub fn not_ok(&self, why: impl Into<String>) {
        self.set(Err(why.into()));
    }

    /// Something is wrong, and what this process answers is worth having all the same: it is said, and nobody is sent elsewhere.
    pub fn remark(&self, what: impl Into<String>) {
        self.checks.lock().insert(self.name, Check::Remarked(what.into()));
    }

    fn set(&self, outcome: Outcome) {
        self.checks.lock().insert(self.name, Check::Reported(outcome));
    }
}

/// Listens at once (a port in use is an error here, and now) and serves until `token` is cancelled.
pub async fn serve(port: u16, checks: Checks, token: CancellationToken) -> io::Result<JoinHandle<()>> {
    let listener = listen(port).await?;
    let app = Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(checks);
    Ok(tokio::spawn(server::serve(listener, app, token)))
}

/// A listener on the configured address, with an error that names the port.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    let address = crate::bind_address()?;
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on port {port}: {error}"));
    TcpListener::bind((address, port)).await.map_err(named)
}

async fn alive(State(checks): State<Checks>) -> Response {
    match checks.alive() {
        Ok(()) => "alive\n".into_response(),
        Err(dead) => (StatusCode::SERVICE_UNAVAILABLE, format!("{dead}\n")).into_response(),
    }
}

async fn ready(State(checks): State<Checks>) -> Response {
    let (ready, checks) = checks.report().await;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = serde_json::json!({ "ready": ready, "checks": checks });
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

async fn metrics() -> Response {
    // Rendering sorts every sample since the last time: not on a thread that answers shoppers.
    let text = tokio::task::spawn_blocking(metric::render)
        .await
        .unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_ready_once_every_component_said_so() {
        let checks = Checks::default();
        let store = checks.reported("store");
        checks.probed("redis", || async { Ok(()) });
        let (ready, report) = checks.report().await;
        assert!(!ready);
        assert_eq!(
            report,
            BTreeMap::from([("redis", "ok".to_owned()), ("store", "starting".to_owned())])
        );

        store.ok();
        assert!(checks.report().await.0);

        store.not_ok("the connection was lost");
        let (ready, report) = checks.report().await;
        assert!(!ready);
        assert_eq!(report["store"], "the connection was lost");

        store.remark("it is older than it should be");
        let (ready, report) = checks.report().await;
        assert!(ready, "a remark sends nobody elsewhere");
        assert_eq!(report["store"], "it is older than it should be");
    }

    #[tokio::test]
    async fn a_process_that_has_not_looked_at_anything_yet_is_not_ready() {
        assert!(!Checks::default().report().await.0);
    }

    #[tokio::test]
    async fn a_probe_that_hangs_or_panics_is_not_ok_and_harms_no_other() {
        let checks = Checks::default();
        checks.probed("hangs", std::future::pending);
        checks.probed("panics", || async { panic!("a probe's own fault") });
        checks.probed("well", || async { Ok(()) });
        let (ready, report) = checks.report().await;
        assert!(!ready);
        assert_eq!(report["hangs"], "no answer in time");
        assert_eq!(report["panics"], "the probe failed");
        assert_eq!(report["well"], "ok");
    }

    #[tokio::test]
    async fn the_port_answers_and_a_port_in_use_is_said() {
        let token = CancellationToken::new();
        let checks = Checks::default();
        let probe = checks.reported("views");
        let listener = listen(0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = serve(port, checks.clone(), token.clone()).await.unwrap_err();
        assert!(error.to_string().contains(&format!("port {port}")), "{error}");
        drop(listener);

        let served = serve(port, checks, token.clone()).await.unwrap();
        assert!(ask(port, "/healthz").await.starts_with("HTTP/1.1 200"));
        let waiting = ask(port, "/readyz").await;
        assert!(waiting.starts_with("HTTP/1.1 503"), "{waiting}");
        assert!(
            waiting.contains(r#"{"checks":{"views":"starting"},"ready":false}"#),
            "{waiting}"
        );
        probe.ok();
        assert!(ask(port, "/readyz").await.starts_with("HTTP/1.1 200"));
        assert!(ask(port, "/metrics").await.contains("text/plain; version=0.0.4"));

        token.cancel();
        served.await.unwrap();
    }

    #[tokio::test]
    async fn a_process_without_a_vital_part_is_not_alive() {
        let (token, checks) = (CancellationToken::new(), Checks::default());
        let beats = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let seen = Arc::clone(&beats);
        checks.vital("heart", move || {
            if seen.load(std::sync::atomic::Ordering::Relaxed) {
                Ok(())
            } else {
                Err("it stands still".to_owned())
            }
        });
        let free = listen(0).await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let served = serve(port, checks, token.clone()).await.unwrap();
        assert!(ask(port, "/healthz").await.starts_with("HTTP/1.1 200"));
        beats.store(false, std::sync::atomic::Ordering::Relaxed);
        let dead = ask(port, "/healthz").await;
        assert!(
            dead.starts_with("HTTP/1.1 503") && dead.contains("heart: it stands still"),
            "{dead}"
        );
        token.cancel();
        served.await.unwrap();
    }

    async fn ask(port: u16, path: &str) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut connection = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
