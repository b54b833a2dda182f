//! Live streams, read as a browser reads them.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{Browser, Shop};

impl Shop {
    pub async fn stream(&self, browser: &Browser) -> Stream {
        self.stream_of("/api/queries/live", &browser.cookies).await
    }

    /// What is answered to somebody who opens a stream. It stays open as long as the answer is kept.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn stream_of(&self, path: &str, cookies: &str) -> Stream {
        self.stream_by(path, ("cookie", cookies)).await
    }

    pub async fn stream_by(&self, path: &str, header: (&str, &str)) -> Stream {
        let response = self.open(path, &[header]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        Stream {
            body: response.into_body(),
            text: String::new(),
        }
    }
}

pub type Answered = axum::response::Response;

/// An open live stream.
pub struct Stream {
    body: Body,
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: String,
}

impl Stream {
    /// The next event; comments and the greeting are passed over. `None`: the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((frame, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = frame
                        .lines()
                        .find_map(|line| line.strip_prefix(&format!("{name}: ")));
                    line.unwrap_or_default().to_owned()
                };
                let event = Event {
                    name: field("event"),
                    id: field("id"),
                    data: field("data"),
                };
                let read = self.text.len() - rest.len();
                self.text.drain(..read);
                if !event.name.is_empty() {
                    return Some(event);
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await;
            let frame = frame.expect("something on the stream in time")?;
            self.text
                .push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
    }

    /// The next text of any kind, a comment too.
    pub async fn raw(&mut self) -> String {
        let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await;
        let data = frame
            .expect("something in time")
            .expect("an open stream")
            .unwrap()
            .into_data()
            .unwrap();
        String::from_utf8(data.to_vec()).unwrap()
    }
}
