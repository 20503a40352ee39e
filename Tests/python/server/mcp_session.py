"""The reference Model Context Protocol client talks to the server.

mcp_session.py URL TOKEN; the server has the plugin chaos.
"""

import asyncio
import sys

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from calls import check, finish

url, token = sys.argv[1:]


async def talk():
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        async with streamable_http_client(f"{url}/v1/mcp", http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                greeting = await session.initialize()
                check(greeting.server_info.name == "gantry", greeting)
                await session.send_ping()
                for _ in range(200):
                    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
                    if "chaos__echo" in tools:
                        break
                    await asyncio.sleep(0.1)
                check("chaos__echo" in tools, "tools:", list(tools)[:5])
                result = await session.call_tool("chaos__echo", {"value": "hello"})
                check(not result.is_error and "hello" in result.content[0].text, "call:", result)
                result = await session.call_tool("chaos__raises", {})
                check(result.is_error, "a tool's error:", result)
                resources = (await session.list_resources()).resources
                check(len(resources) >= 3, "resources:", resources)
                for resource in resources:
                    read = await session.read_resource(str(resource.uri))
                    check(read.contents[0].text, "empty:", resource.uri)


asyncio.run(asyncio.wait_for(talk(), 60))
finish()
