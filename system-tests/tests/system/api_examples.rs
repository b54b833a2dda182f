//! The examples of `docs/api.md`, as a reader would type them.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::front_door::FrontDoor;
use super::services::repository;
use super::shop::{STAFF_TOKEN, Shop};

/// What the document's examples call the shop.
const SHOP_IN_THE_DOCUMENT: &str = "http://127.0.0.1:7400";

/// Before the examples: an answer that is no success ends them.
const STRICT: &str = r#"set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body "$@" || { echo "FAILED: curl $*" >&2; return 1; }; }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_api_document_works() {
    let document = std::fs::read_to_string(repository().join("docs/api.md")).expect("docs/api.md is there");
    let examples = shell_blocks(&document);
    assert!(!examples.is_empty(), "docs/api.md has ```sh blocks");
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let door = FrontDoor::open(&shop, &open).await;
    let kept = shop.logs.join(".local");
    std::fs::create_dir(&kept).expect("the examples read what `./dev up` leaves in .local");
    std::fs::write(kept.join("staff-token"), STAFF_TOKEN).expect("the staff token is written");
    let script = format!("{STRICT}{}", examples.join("\n")).replace(SHOP_IN_THE_DOCUMENT, &door.origin);

    let mut shell = Command::new("bash")
        .current_dir(&shop.logs)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash can be run");
    shell
        .stdin
        .take()
        .expect("it is piped")
        .write_all(script.as_bytes())
        .await
        .expect("bash reads");
    let output = shell.wait_with_output().await.expect("bash ends");
    assert!(
        output.status.success(),
        "the examples ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    shop.close_after_others_shopped(open).await;
}

/// The contents of every block that is fenced as `sh`, in order.
fn shell_blocks(document: &str) -> Vec<String> {
    let mut blocks = vec![];
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "```sh" {
            let block: Vec<_> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            blocks.push(block.join("\n") + "\n");
        }
    }
    blocks
}

#[test]
fn only_shell_blocks_are_examples() {
    let document = "text\n```sh\ncurl a\n```\n```json\n{}\n```\n  ```sh\ncurl b\ncurl c\n  ```\n";
    assert_eq!(shell_blocks(document), ["curl a\n", "curl b\ncurl c\n"]);
}
