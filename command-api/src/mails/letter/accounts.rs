//! What people are told about their accounts.

use super::{Draft, Part, compose};
use crate::mails::{FactorNews, Mail};

/// About an account.
pub fn about_account(mail: &Mail) -> Option<Draft> {
    let words = |text: &str| Part::Words(text.to_owned());
    Some(match mail {
        Mail::ConfirmEmail { link } => compose(
            "Confirm your e-mail address",
            vec![
                words(
                    "Confirm your e-mail address to finish creating your account. The link works once, within a day:",
                ),
                Part::Link("Confirm the address", link.clone()),
                words(
                    "If you did not create an account with this address, ignore this e-mail: the address stays unconfirmed.",
                ),
            ],
        ),
        Mail::ResetPassword { link } => compose(
            "Choose a new password",
            vec![
                words(
                    "We received a request for a new password for the account with this address. The link works once, within half an hour:",
                ),
                Part::Link("Choose a new password", link.clone()),
                words("If that was not you, ignore this e-mail: nothing has changed."),
            ],
        ),
        Mail::PasswordChanged => compose(
            "Your password was changed",
            vec![
                words(
                    "The password of your account has just been changed. All other devices are signed out, and all API keys have ended.",
                ),
                words(
                    "If that was not you, choose a new password now, with “Forgotten your password?” on the sign-in page.",
                ),
            ],
        ),
        Mail::EmailChanged => compose(
            "Your e-mail address was changed",
            vec![
                words(
                    "Your account has another e-mail address now, and we write to that one. This is the last e-mail to this address.",
                ),
                words("If that was not you, reply to this e-mail."),
            ],
        ),
        Mail::ApiKeyMade { name, role, until } => compose(
            "An API key was made for your account",
            vec![
                Part::Words(format!(
                    "Anyone who has {} can act for your account as {role}, until {until} at most. You can see and revoke it in your account.",
                    if name.is_empty() {
                        "the key".to_owned()
                    } else {
                        format!("the key “{name}”")
                    }
                )),
                words(
                    "If that was not you, choose a new password now, with “Forgotten your password?” on the sign-in page. That ends all API keys and signs out all devices.",
                ),
            ],
        ),
        Mail::SecondFactor { news } => about_factor(*news),
        Mail::OrderConfirmed { .. }
        | Mail::OrderShipped { .. }
        | Mail::OrderRefunded { .. }
        | Mail::Request { .. } => return None,
    })
}

fn about_factor(news: FactorNews) -> Draft {
    let (subject, happened) = match news {
        FactorNews::Added => (
            "A second factor was added",
            "Your account has a new second factor: an app or a passkey that is asked for after the password.",
        ),
        FactorNews::Removed => (
            "A second factor was removed",
            "A second factor of your account was removed. It does not open the account any more.",
        ),
        FactorNews::NewCodes => (
            "You have new recovery codes",
            "New recovery codes were made for your account. Those from before do not work any more.",
        ),
        FactorNews::CodeUsed => (
            "A recovery code was used",
            "Somebody signed in to your account with its password and one of its recovery codes. That code does not work any more.",
        ),
        FactorNews::Reset => (
            "Your second factors were reset",
            "The people who run the shop have removed all second factors of your account. The password alone opens it now.",
        ),
        FactorNews::ResetByLink => (
            "Your second factors were removed",
            "A new password was chosen by the link in an e-mail to this address, which nobody had confirmed before. So the second factors that \
             had been set up were removed: they may have been somebody else's. The password alone opens the account now.",
        ),
    };
    compose(
        subject,
        vec![
            Part::Words(happened.to_owned()),
            Part::Words(
                "If that was not you, change your password now, and check Security in your account."
                    .to_owned(),
            ),
        ],
    )
}
