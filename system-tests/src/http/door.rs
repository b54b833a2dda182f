//! One origin, through one keep-alive connection that is opened when it is needed.

use super::connection::{Connection, Lost};
use super::request::Request;
use super::response::Response;

pub struct Door {
    address: String,
    connection: Option<Connection>,
}

impl Door {
    /// `address` is `host:port`, see [`super::host_of`].
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            connection: None,
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub async fn send(&mut self, request: &Request) -> Result<Response, Lost> {
        self.send_bytes(&request.to_bytes(&self.address)).await
    }

    /// Sends once. A connection that was kept open may have been closed by the other side meanwhile, which is no failure:
    /// where it ended without an answer the request is sent again on a new one. Commands therefore carry a key.
    pub async fn send_bytes(&mut self, request: &[u8]) -> Result<Response, Lost> {
        if let Some(kept) = self.connection.take_if(|kept| kept.is_reusable()) {
            match self.exchange(kept, request).await {
                Err(Lost::Ended { answered: false }) => {}
                answer => return answer,
            }
        }
        let opened = Connection::open(&self.address).await?;
        self.exchange(opened, request).await
    }

    async fn exchange(&mut self, mut connection: Connection, request: &[u8]) -> Result<Response, Lost> {
        let response = connection.exchange(request).await?;
        self.connection = Some(connection);
        Ok(response)
    }
}
