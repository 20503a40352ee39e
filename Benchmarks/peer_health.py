"""The peer of health.py: FastAPI on uvicorn, one process, with the same answer that Gantry's /v1/health gives.

    uvicorn --app-dir Benchmarks peer_health:app
"""

from fastapi import FastAPI

app = FastAPI()


@app.get("/v1/health")
async def health() -> dict:
    return {"plugins_loaded": 0, "status": "healthy", "version": "0.1.0"}
