//! One replica of the projectors in this process: all views, as `projectors run` keeps them.

use projectors::follow::Follower;
use read_model::View;
use telemetry::admin::Checks;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::Shop;

pub struct Replica {
    stop: CancellationToken,
    followers: Vec<JoinHandle<()>>,
}

impl Replica {
    pub fn start(shop: &Shop) -> Self {
        let (token, checks) = (CancellationToken::new(), Checks::default());
        let follow = |view: View| {
            let follower = Follower::new(shop.services.clone(), view, checks.reported(view.as_str()));
            tokio::spawn(follower.run(token.clone()))
        };
        let followers = View::ALL.map(follow).into();
        Self {
            stop: token,
            followers,
        }
    }

    /// Leaves the groups, and fails the test if a follower did.
    pub async fn stop(self) {
        self.stop.cancel();
        for follower in self.followers {
            follower.await.unwrap();
        }
    }
}
