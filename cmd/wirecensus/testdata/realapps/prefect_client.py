"""Drives a Prefect server through Prefect's own engine and client."""
import asyncio
import uuid
from datetime import timedelta

from prefect import flow, get_client, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.events import emit_event


@task(retries=1)
def double(x: int) -> int:
    return 2 * x


@task(tags=["report"])
def report(values: list[int]):
    create_markdown_artifact(key="totals", markdown=f"# {sum(values)}", description="totals")
    create_table_artifact(key="rows", table=[{"value": v} for v in values])


def make(name: str):
    @flow(name=name, log_prints=True)
    def work(n: int = 3, fail: bool = False):
        values = [double(i) for i in range(n)]
        print(values)
        report(values)
        emit_event(event="rows.written", resource={"prefect.resource.id": f"rows.{name}"})
        if fail:
            raise ValueError("as asked")

    return work


async def ask(names: list[str]):
    async with get_client() as client:
        await client.hello()
        for i, name in enumerate(names):
            found = await client.read_flows(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])))
            flow_id = found[0].id
            await client.read_flow(flow_id)
            await client.read_flow_by_name(name)
            deployment = await client.create_deployment(
                flow_id=flow_id, name=f"nightly-{i}", tags=["night"], parameters={"n": i},
                description="every night", paused=True,
            )
            await client.read_deployment(deployment)
            await client.read_deployment_by_name(f"{name}/nightly-{i}")
            await client.create_deployment_schedules(deployment, [(IntervalSchedule(interval=timedelta(hours=i + 1)), True)])
            await client.read_deployment_schedules(deployment)
            run = await client.create_flow_run_from_deployment(deployment, parameters={"n": 1})
            await client.read_flow_run(run.id)
            await client.update_flow_run(run.id, name=f"renamed-{i}", tags=["x"])
            await client.read_flow_run_states(run.id)
            await client.read_flow_runs(limit=5)
            await client.read_task_runs(limit=5)
            await client.read_logs(limit=10)
            await client.read_deployments(limit=5)
            await client.read_artifacts(limit=5)
            if i % 3 == 0:
                await client.delete_flow_run(run.id)
                await client.delete_deployment(deployment)
            try:
                await client.read_flow(uuid.uuid4())
            except Exception as e:  # noqa: BLE001
                print("expected:", type(e).__name__)


if __name__ == "__main__":
    names = ["orders", "stock", "billing", "mails", "backup", "scores"]
    for i, name in enumerate(names):
        try:
            make(name)(n=i + 1, fail=i == 4)
        except ValueError as e:
            print(e)
    asyncio.run(ask(names))
