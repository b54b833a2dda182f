//! How what is said about accounts looks over HTTP.

use axum::http::StatusCode;

use crate::accounts::AccountError;
use crate::accounts::addresses::MAX_ADDRESSES;
use crate::accounts::api_keys::MAX_API_KEYS;
use crate::error::Problem;

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use StatusCode as S;
        let (status, slug, title, detail) = match error {
            AccountError::EmailTaken => (
                S::UNPROCESSABLE_ENTITY,
                "email-taken",
                "There is an account with this e-mail address",
                "Nothing was changed. Sign in with it, or choose a new password by a link that is sent there.".to_owned(),
            ),
            AccountError::WrongCredentials => (
                S::UNAUTHORIZED,
                "wrong-credentials",
                "The e-mail address or the password is wrong",
                "Nothing was changed. Try again, or choose a new password by a link in a mail.".to_owned(),
            ),
            AccountError::WrongPassword => (
                S::UNPROCESSABLE_ENTITY,
                "wrong-password",
                "The password is wrong",
                "Nothing was changed. It is the one that you sign in with at present.".to_owned(),
            ),
            AccountError::LinkExpired => (
                S::UNPROCESSABLE_ENTITY,
                "link-expired",
                "The link does not work any more",
                "Nothing was changed. It was used, has expired, or a newer one was sent. Ask for another one.".to_owned(),
            ),
            AccountError::NewPasswordNeeded => (
                S::UNPROCESSABLE_ENTITY,
                "new-password-needed",
                "A new password is needed",
                "Nothing was changed, and the link still works. You are not signed in to its account here, so send a new `password` with it, or \
                 open it where you are signed in.".to_owned(),
            ),
            AccountError::OwnSessionNeeded => (
                S::UNPROCESSABLE_ENTITY,
                "own-session-needed",
                "The link has to be opened where you are signed in",
                "Nothing was changed, and the link still works. The account has another address: sign in to it with that one, and open the \
                 link in the same browser.".to_owned(),
            ),
            // The session in which it was asked for has ended, or is about to be told of its account's new address.
            AccountError::NoAccount | AccountError::Changed => {
                return Self::not_signed_in();
            }
            AccountError::NoAddress => (
                S::NOT_FOUND,
                "address-not-found",
                "There is no such address",
                "Nothing was changed. GET /api/commands/account/addresses lists those that there are.".to_owned(),
            ),
            AccountError::NoApiKey => (
                S::NOT_FOUND,
                "api-key-not-found",
                "There is no such API key",
                "Nothing was changed. GET /api/commands/account/api-keys lists those that there are.".to_owned(),
            ),
            AccountError::NoSession => (
                S::NOT_FOUND,
                "session-not-found",
                "There is no such session",
                "Nothing was changed. It may have ended by itself.".to_owned(),
            ),
            AccountError::TooManyAddresses => (
                S::UNPROCESSABLE_ENTITY,
                "address-limit",
                "The address book is full",
                format!("Nothing was changed. It holds {MAX_ADDRESSES}; delete one that nobody needs."),
            ),
            AccountError::TooManyApiKeys => (
                S::UNPROCESSABLE_ENTITY,
                "api-key-limit",
                "There are too many API keys",
                format!("Nothing was changed. There may be {MAX_API_KEYS}; revoke one that nobody needs."),
            ),
            AccountError::RoleNotHeld => (
                S::UNPROCESSABLE_ENTITY,
                "role-not-held",
                "The account does not have this role",
                "Nothing was changed. A key can do what its account can do, or less.".to_owned(),
            ),
            AccountError::Busy => {
                return Self::overloaded("Nothing was changed: too many people sign in at once.");
            }
            AccountError::Database(error) => return error.into(),
            AccountError::Sessions(error) => return error.into(),
            AccountError::Hashing(cause) => {
                tracing::error!(cause, "a password cannot be hashed");
                (
                    S::INTERNAL_SERVER_ERROR,
                    "internal",
                    "A fault of ours",
                    "Nothing was changed.".to_owned(),
                )
            }
        };
        Self::new(status, slug, title, detail)
    }
}
