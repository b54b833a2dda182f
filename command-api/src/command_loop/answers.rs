//! Answers on their way back to the API's thread, all of a turn at once.
//!
//! Waking another thread costs a system call, and where that thread slept, a switch of context. One for each turn is
//! enough.

use tokio::sync::{mpsc, oneshot};

use super::request::{Answer, CommandError, Request};

pub(super) struct Answers {
    given: Vec<Given>,
    delivery: mpsc::UnboundedSender<Vec<Given>>,
}

pub(super) struct Given {
    pub to: oneshot::Sender<Result<Answer, CommandError>>,
    pub answer: Result<Answer, CommandError>,
}

impl Answers {
    /// The loop's end of the way, and what carries answers on: to be run by whoever waits for them.
    pub fn new() -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (delivery, delivered) = mpsc::unbounded_channel();
        let answers = Self {
            given: vec![],
            delivery,
        };
        (answers, hand_out(delivered))
    }

    pub fn give(&mut self, request: Request, answer: Result<Answer, CommandError>) {
        self.given.push(request.answered(answer));
    }

    pub fn give_all(&mut self, requests: Vec<Request>, error: impl Fn() -> CommandError) {
        for request in requests {
            self.give(request, Err(error()));
        }
    }

    /// Hands over what was given since the last time: once a turn has decided about all of it.
    pub fn deliver(&mut self) {
        if !self.given.is_empty() {
            // Nobody may be waiting any more.
            let _ = self.delivery.send(std::mem::take(&mut self.given));
        }
    }
}

async fn hand_out(mut delivered: mpsc::UnboundedReceiver<Vec<Given>>) {
    while let Some(given) = delivered.recv().await {
        for Given { to, answer } in given {
            let _ = to.send(answer);
        }
    }
}
