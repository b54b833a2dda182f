//! The running system from outside, with something broken on purpose. `./dev test system` runs these.
//!
//! Every test has a copy of its own: a database, topics, a key prefix and the three processes. What breaks is forced (a
//! failpoint, a connection that is held, a process that is ended), and every test ends with `projectors verify` and with
//! the look at the log that proves that every answered command is stored exactly once.

mod alerts;
mod api_examples;
mod baskets;
mod books;
mod buyer;
mod checkout_matrix;
mod checkout_race;
mod command_api_dies;
mod command_loop_ends;
mod etags;
mod faults;
mod front_door;
mod grant;
mod kafka_down;
mod kafka_log;
mod kafka_pauses;
mod limits;
mod machine;
mod mailbox;
mod one_cart;
mod oracle;
mod personal_data;
mod ports;
mod process;
mod production;
mod projector_dies;
mod proxy;
mod rebalance;
mod redis_flushed;
mod redis_restored;
mod redis_server;
mod relay_dies;
mod republished;
mod restored;
mod servers;
mod services;
mod shop;
mod shopper;
mod shutdown;
mod silent_servers;
mod town;
mod two_replicas;
mod waiting;
