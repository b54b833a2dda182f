//! nginx before both APIs, with the configuration of the frontend image: one origin, as browsers and scripts know it.

use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use system_tests::http::Connection;

use super::ports;
use super::process::Process;
use super::services::repository;
use super::shop::{Open, Shop};
use super::waiting::until;

pub struct FrontDoor {
    _process: Process,
    /// Such as `http://127.0.0.1:21234`.
    pub origin: String,
}

impl FrontDoor {
    pub async fn open(shop: &Shop, open: &Open) -> Self {
        Self::before(&shop.logs, &open.command_api.address(), &open.query_api.address()).await
    }

    /// Before two APIs, each `host:port`.
    pub async fn before(logs: &Path, command_api: &str, query_api: &str) -> Self {
        let address = format!("{}:{}", Ipv4Addr::LOCALHOST, ports::free());
        let origin = format!("http://{address}");
        let folder = logs.join("nginx");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let template = repository().join("infra/docker/nginx.conf.template");
        let mut text =
            std::fs::read_to_string(template).expect("the template of nginx's configuration is there");
        for (name, value) in [
            ("RUN_DIR", folder.display().to_string()),
            ("USER_DIRECTIVE", user_directive().to_owned()),
            ("LISTEN", format!("listen {address};")),
            ("STOREFRONT_DIR", folder.display().to_string()),
            ("COMMAND_API", command_api.to_owned()),
            ("QUERY_API", query_api.to_owned()),
            ("CERTIFICATE", String::new()),
            ("HTTPS_ORIGINS", String::new()),
            ("REAL_IP_FROM", String::new()),
            ("BALANCER_NETWORKS", String::new()),
            ("REQUESTS_OF_ONE_ADDRESS", "4096".to_owned()),
            ("SCRIPTS_FROM", "'self'".to_owned()),
            ("FRAMES_FROM", "'none'".to_owned()),
            ("CONNECTS_TO", "'self'".to_owned()),
            ("SECURITY_CONTACT", "mailto:security@example.org".to_owned()),
            ("SECURITY_EXPIRES", "2100-01-01T00:00:00Z".to_owned()),
        ] {
            text = text.replace(&format!("${{{name}}}"), &value);
        }
        assert!(
            !text.contains("${"),
            "the template has a variable that nobody fills in"
        );
        let config = folder.join("nginx.conf");
        std::fs::write(&config, text).expect("a configuration can be written");
        let process = Process::start("nginx", Path::new("nginx"), logs, |command| {
            command
                .arg("-p")
                .arg(&folder)
                .args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c"])
                .arg(&config);
        });
        until("nginx listens", async || Connection::open(&address).await.ok()).await;
        Self {
            _process: process,
            origin,
        }
    }
}

/// Root's workers would otherwise become somebody else, who may not write where the tests do.
fn user_directive() -> &'static str {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if is_root { "user root;" } else { "" }
}
