//! The Lua scripts, by the hashes under which Redis keeps them.

use std::sync::Arc;

use redis::{AsyncCommands, Cmd, Pipeline, RedisResult, Script as Source};

/// A script that Redis was told about.
#[derive(Clone)]
pub(crate) struct Script(Arc<Source>);

impl Script {
    fn new(code: &str) -> Self {
        Self(Arc::new(Source::new(code)))
    }

    /// Begins a call in `pipeline`; its keys and arguments follow.
    pub(crate) fn call<'a>(&self, pipeline: &'a mut Pipeline, keys: usize) -> &'a mut Pipeline {
        pipeline.cmd("EVALSHA").arg(self.0.get_hash()).arg(keys)
    }
}

#[derive(Clone)]
pub(crate) struct Scripts {
    pub(crate) replace_document: Script,
    pub(crate) replace_with_revision: Script,
    pub(crate) replace_request: Script,
    pub(crate) list_order: Script,
    pub(crate) unlist_expired: Script,
    pub(crate) move_record: Script,
    pub(crate) unpark: Script,
    pub(crate) claim_rebuild: Script,
    pub(crate) show_generation: Script,
}

const REPLACE_DOCUMENT: &str = include_str!("scripts/replace_document.lua");
const REPLACE_WITH_REVISION: &str = include_str!("scripts/replace_with_revision.lua");
const REPLACE_REQUEST: &str = include_str!("scripts/replace_request.lua");
const LIST_ORDER: &str = include_str!("scripts/list_order.lua");
const UNLIST_EXPIRED: &str = include_str!("scripts/unlist_expired.lua");
const MOVE_RECORD: &str = include_str!("scripts/move_record.lua");
const UNPARK: &str = include_str!("scripts/unpark.lua");
const CLAIM_REBUILD: &str = include_str!("scripts/claim_rebuild.lua");
const SHOW_GENERATION: &str = include_str!("scripts/show_generation.lua");

const SOURCES: [&str; 9] = [
    REPLACE_DOCUMENT,
    REPLACE_WITH_REVISION,
    REPLACE_REQUEST,
    LIST_ORDER,
    UNLIST_EXPIRED,
    MOVE_RECORD,
    UNPARK,
    CLAIM_REBUILD,
    SHOW_GENERATION,
];

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            replace_document: Script::new(REPLACE_DOCUMENT),
            replace_with_revision: Script::new(REPLACE_WITH_REVISION),
            replace_request: Script::new(REPLACE_REQUEST),
            list_order: Script::new(LIST_ORDER),
            unlist_expired: Script::new(UNLIST_EXPIRED),
            move_record: Script::new(MOVE_RECORD),
            unpark: Script::new(UNPARK),
            claim_rebuild: Script::new(CLAIM_REBUILD),
            show_generation: Script::new(SHOW_GENERATION),
        }
    }

    pub(crate) async fn load(connection: &mut impl AsyncCommands) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        for source in SOURCES {
            pipeline.add_command(load(source)).ignore();
        }
        pipeline.query_async(connection).await
    }
}

fn load(source: &str) -> Cmd {
    let mut command = redis::cmd("SCRIPT");
    command.arg("LOAD").arg(source);
    command
}
