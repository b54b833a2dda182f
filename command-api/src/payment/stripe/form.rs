//! Parameters as Stripe wants them: a form whose keys nest with brackets, `metadata[payment]=…`, `expand[]=…`.

use std::fmt::Display;

/// A body, or the query of a `GET`.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, key: &str, value: impl Display) -> Self {
        self.0.push((key.to_owned(), value.to_string()));
        self
    }

    pub fn nested(self, key: &str, inner: &str, value: impl Display) -> Self {
        self.with(&format!("{key}[{inner}]"), value)
    }

    /// One more entry of a list.
    pub fn item(self, key: &str, value: impl Display) -> Self {
        self.with(&format!("{key}[]"), value)
    }

    pub fn with_some(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    pub fn encoded(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_nest_lists_repeat_and_values_are_escaped() {
        let form = Form::new()
            .with("amount", 1450)
            .nested("metadata", "payment", "a b")
            .item("expand", "latest_charge")
            .item("expand", "data.latest_charge")
            .with("return_url", "https://shop.example/orders/1?returned=1#key=a")
            .with_some("starting_after", None::<&str>);
        assert_eq!(
            form.encoded(),
            "amount=1450&metadata%5Bpayment%5D=a+b&expand%5B%5D=latest_charge\
             &expand%5B%5D=data.latest_charge\
             &return_url=https%3A%2F%2Fshop.example%2Forders%2F1%3Freturned%3D1%23key%3Da"
        );
    }

    #[test]
    fn what_was_written_is_read_again() {
        let encoded = Form::new().nested("metadata", "ö&=[]", "ü+ %").encoded();
        let read: Vec<_> = form_urlencoded::parse(encoded.as_bytes()).collect();
        assert_eq!(read, [("metadata[ö&=[]]".into(), "ü+ %".into())]);
    }
}
