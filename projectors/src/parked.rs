pub async fn run(_c: crate::config::Parked, _x: &crate::config::Connections) -> anyhow::Result<std::process::ExitCode> { anyhow::bail!("not there yet") }
