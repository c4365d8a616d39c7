"""The agent that answers questions in a room."""


async def answer(connection, question, tools=()):
    """Tell the connection about each step, and give the answer."""
    await connection.send_json({"type": "agent_started", "question": question})
    await connection.send_json({"type": "agent_thinking"})
    found = []
    for name, tool in tools:
        await connection.send_json({"type": "tool_executing", "tool": name})
        found.append(tool(question))
        await connection.send_json({"type": "tool_completed", "tool": name})
    text = "; ".join(found) or "I do not know."
    await connection.send_json({"type": "agent_completed", "answer": text})
    return text
