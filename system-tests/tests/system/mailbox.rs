//! What the mail server of the tests has got: every mail is a file.

use std::path::Path;

use super::services::wanted;
use super::waiting::until;

/// The token of the link that confirms this address, once the mail has arrived.
pub async fn confirmation_of(address: &str) -> String {
    until("the mail with the link is there", async || {
        mails_to(address).iter().find_map(|mail| {
            let (_, link) = mail.split_once("/account/confirm#")?;
            let end = link.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter)));
            Some(link[..end.unwrap_or(link.len())].to_owned())
        })
    })
    .await
}

fn mails_to(address: &str) -> Vec<String> {
    let folder = Path::new(&wanted("TEST_MAIL_FOLDER")).join("new");
    // It is made with the first mail.
    let Ok(files) = std::fs::read_dir(folder) else {
        return vec![];
    };
    let read = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
    let mails = read.map(|mail| String::from_utf8_lossy(&mail).into_owned());
    mails
        .filter(|mail| mail.contains(&format!("To: {address}")))
        // Quoted-printable breaks long lines (RFC 2045).
        .map(|mail| mail.replace("=\r\n", "").replace("=\n", ""))
        .collect()
}
